"""Where models are tuned: within what they may know, never on what judges them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.protocols import temporal
from rynek.cli.exams import Exam, Protocol, cut, published
from tests.models.markets import taste_market

MARKET = taste_market(shoppers=120)
AS_USUAL = {"user": None, "item": None, "time": None, "basket": None}
DAYS = 14.0


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.parquet"
    frame = {
        "user": MARKET.rows,
        "item": MARKET.columns,
        "time": (MARKET.days * 86_400).astype(int),
    }
    pl.DataFrame(frame).write_parquet(path)
    return path


def pairs(exam: Exam) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Shopper and item of what tuning may see, to learn from or to judge by; and of the truth."""
    tuning, (judging, *_) = exam.validation, exam.splits
    seen = (tuning.train.matrix + tuning.known.matrix + tuning.truth).nonzero()
    return set(zip(*seen, strict=True)), set(zip(*judging.truth.nonzero(), strict=True))


def test_a_published_split_is_tuned_on_all_of_its_train_part_and_nothing_else(
    tmp_path: Path,
) -> None:
    frame = pl.DataFrame({"user": MARKET.rows, "item": MARKET.columns})
    is_train = MARKET.days < 70
    for name, part in (("train", is_train), ("test", ~is_train)):
        frame.filter(part).write_parquet(tmp_path / f"{name}.parquet")
    exam = published(tmp_path / "train.parquet", tmp_path / "test.parquet", AS_USUAL, "new", 0)
    seen, truth = pairs(exam)
    known = set(zip(MARKET.rows[is_train], MARKET.columns[is_train], strict=True))
    assert seen == known
    assert truth
    assert not seen & truth


def test_rolling_origins_are_tuned_before_the_earliest_of_their_windows(events: Path) -> None:
    way = Protocol("temporal", "new", temporal(DAYS))
    exam = cut(events, None, AS_USUAL, way, DAYS, 2)
    latest, earliest = (split.cut_day for split in exam.splits)
    assert latest is not None
    assert earliest == pytest.approx(latest - DAYS, abs=0.5)
    assert exam.validation.cut_day is not None
    assert exam.validation.cut_day <= earliest - DAYS
    early = np.flatnonzero(MARKET.days < earliest)
    seen, truth = pairs(exam)
    assert seen <= set(zip(MARKET.rows[early], MARKET.columns[early], strict=True))
    assert truth
