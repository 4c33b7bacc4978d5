"""The parts of `rynek bench models`, on shapes that take no time."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from models.errors import QuestionUnclear
from rynek.bench import models as bench
from rynek.bench.item_items import Fitted, fitted
from rynek.bench.models import training
from rynek.bench.shapes import Shape, held_out, histories
from rynek.bench.trainers import SIDES, Side, quality, store

SHAPE = Shape(400, 600, 12_000, tastes=6)


def test_the_same_seed_gives_the_same_shape_and_another_one_another() -> None:
    first, again, other = (histories(SHAPE, seed) for seed in (1, 1, 2))
    assert first.shape == (400, 600)
    assert (first != again).nnz == 0
    assert (first != other).nnz > 0
    assert set(first.data) == {1.0}


def test_few_listings_sell_most() -> None:
    sales = np.sort(np.bincount(histories(SHAPE, 1).indices, minlength=600))[::-1]
    assert sales[:60].sum() > 0.3 * sales.sum()
    assert (sales < sales.mean()).sum() > 360


def test_what_is_held_out_is_of_those_who_are_judged_and_unknown_to_the_models() -> None:
    whole = histories(SHAPE, 1)
    known, truth, judged = held_out(whole, 50, 0.2, seed=3)
    assert len(judged) == truth.shape[0] == 50
    assert known[judged].multiply(truth).nnz == 0
    assert known[judged].nnz + truth.nnz == whole[judged].nnz
    assert known.nnz + truth.nnz == whole.nnz
    assert 0.1 < truth.nnz / whole[judged].nnz < 0.3


@pytest.mark.slow
def test_both_trainers_take_turns_and_are_judged_alike(tmp_path: Path) -> None:
    store(tmp_path, *held_out(histories(SHAPE, 1), 50, 0.2, seed=3))
    rows = {row.name.partition(": ")[2]: row for row in training(tmp_path, 64, 2, (20.0, 20.0))}
    assert rows["largest difference to a refit"].met
    quality = rows["NDCG@20 of held-out events"]
    assert quality.value > 0.05
    assert quality.peer_value is not None
    assert quality.peer_value > 0.05
    assert rows["seconds per full iteration"].value > 0


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_either_side_is_tried_with_a_weight(tmp_path: Path, side: Side) -> None:
    store(tmp_path, *held_out(histories(SHAPE, 1), 50, 0.2, seed=3))
    found = [quality(side, tmp_path, 16, weight, 2) for weight in (1.0, 20.0)]
    assert min(found) > 0.05
    assert found[0] != found[1], "the weight reaches the trainer"


@pytest.mark.slow
def test_an_item_model_is_fitted_in_a_process_of_its_own() -> None:
    found = fitted("sparse_ease", Shape(60, 40, 900, tastes=2), seed=1)
    assert found.seconds > 0
    assert found.ndcg == 0


@pytest.mark.slow
def test_a_published_split_is_judged_by_all_its_shoppers(tmp_path: Path) -> None:
    taste = np.arange(240) % 2
    pairs = {
        "user": np.repeat(np.arange(240), 5),
        "item": taste.repeat(5) + 2 * np.tile(range(5), 240),
    }
    is_test = np.tile(range(5), 240) == np.repeat(np.arange(240) // 2 % 5, 5)
    frame = pl.DataFrame(pairs)
    frame.filter(~is_test).write_parquet(tmp_path / "train.parquet")
    frame.filter(is_test).write_parquet(tmp_path / "test.parquet")
    found = fitted("sparse_ease", tmp_path, seed=1)
    # Of ten items a list of twenty misses none; the one that is left of a taste comes first.
    assert (found.ndcg, found.recall) == (1.0, 1.0)


def test_without_the_public_data_it_says_where_they_belong() -> None:
    with pytest.raises(QuestionUnclear, match="RYNEK_DATA"):
        bench.measure(None, Console(), "gowalla", is_quick=True)


def test_a_published_figure_is_reproduced_within_a_thousandth() -> None:
    sparse = Fitted(0.1460, 0.17, 60.0, 0.9)
    rows = {row.name: row for row in bench.beside(sparse, Fitted(0.1475, 0.1770, 300.0, 9.0))}
    assert rows["Gowalla, dense EASE: Recall@20"].met
    assert rows["Gowalla, dense EASE: NDCG@20"].met
    assert rows["Gowalla, neighbour-wise EASE: memory to fit"].met
    assert not rows["Gowalla, neighbour-wise EASE: NDCG@20"].met
    off = {row.name: row.met for row in bench.beside(sparse, Fitted(0.1478, 0.1754, 300.0, 8.0))}
    assert not any(off.values())
