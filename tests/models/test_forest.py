"""Trees as arrays say what their booster says."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import lightgbm
import numpy as np
import pytest

from models import boosting
from models.boosting import Growth, grown
from models.forest import Forest

SMALL = Growth(trees=12, leaves=7, depth=4, fewest_in_leaf=5)


@pytest.fixture
def told() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 5)).astype(np.float32)
    is_hit = features[:, 1] + features[:, 2] * features[:, 3] > 1
    return features, is_hit, np.full(30, 20)


def test_a_stump_sends_each_row_to_its_leaf() -> None:
    stump = [
        {"feature": 1, "threshold": 0.5, "left": 1, "right": 2},
        {"value": -1.0},
        {"value": 2.0},
    ]
    rows = np.array([[9, 0.4], [0, 0.5], [0, 0.6]], np.float32)
    assert Forest.of([stump, stump]).predict(rows).tolist() == [-2.0, -2.0, 4.0]


def test_no_row_and_no_tree_are_fine() -> None:
    assert Forest.of([]).predict(np.zeros((2, 3), np.float32)).tolist() == [0.0, 0.0]
    assert Forest.of([[{"value": 1.0}]]).predict(np.zeros((0, 3), np.float32)).shape == (0,)


def test_a_forest_grown_by_lightgbm_predicts_what_lightgbm_predicts(
    told: tuple[np.ndarray, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    features, is_hit, groups = told
    trained = []

    class Listening(ModuleType):
        Dataset = lightgbm.Dataset

        @staticmethod
        def train(*args: object) -> lightgbm.Booster:
            trained.append(lightgbm.train(*args))
            return trained[-1]

    monkeypatch.setattr(boosting, "_lightgbm", lambda: Listening("lightgbm"))
    forest = grown(features, is_hit, groups, "lightgbm", SMALL, 0)
    np.testing.assert_allclose(forest.predict(features), trained[0].predict(features), atol=1e-5)


def test_the_arrays_are_the_forest(told: tuple[np.ndarray, ...]) -> None:
    features, is_hit, groups = told
    forest = grown(features, is_hit, groups, "lightgbm", SMALL, 0)
    again = Forest.from_arrays(forest.arrays())
    np.testing.assert_array_equal(forest.predict(features), again.predict(features))


@pytest.mark.parametrize("booster", ["lightgbm", "scikit-learn"])
def test_hits_come_first(booster: boosting.Booster, told: tuple[np.ndarray, ...]) -> None:
    features, is_hit, groups = told
    scores = grown(features, is_hit, groups, booster, SMALL, 0).predict(features)
    assert scores[is_hit].mean() > scores[~is_hit].mean() + 1
    assert np.mean(scores[is_hit][:, None] > scores[~is_hit][None]) > 0.95


def test_without_libgomp_the_other_booster_teaches(
    told: tuple[np.ndarray, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing:
        """What importing LightGBM does where the system has no libgomp."""

        def find_spec(
            self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            if name == "lightgbm":
                raise OSError("libgomp.so.1: cannot open shared object file")
            return None

    monkeypatch.delitem(sys.modules, "lightgbm")
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    features, is_hit, groups = told
    fallen_back = grown(features, is_hit, groups, "lightgbm", SMALL, 0)
    chosen = grown(features, is_hit, groups, "scikit-learn", SMALL, 0)
    np.testing.assert_array_equal(fallen_back.predict(features), chosen.predict(features))
