"""The parts of `rynek bench models`, on shapes that take no time."""

from pathlib import Path

import numpy as np
import pytest

from rynek.bench.item_items import fitted
from rynek.bench.models import training
from rynek.bench.shapes import Shape, held_out, histories
from rynek.bench.trainers import store

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
    rows = {row.name.partition(": ")[2]: row for row in training(tmp_path, 64, 2)}
    assert rows["largest difference to a refit"].met
    quality = rows["NDCG@20 of held-out events"]
    assert quality.value > 0.05
    assert quality.peer_value is not None
    assert quality.peer_value > 0.05
    assert rows["seconds per full iteration"].value > 0


@pytest.mark.slow
def test_an_item_model_is_fitted_in_a_process_of_its_own() -> None:
    found = fitted("sparse_ease", Shape(60, 40, 900, tastes=2), seed=1)
    assert found.seconds > 0
    assert found.ndcg == 0
