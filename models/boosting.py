"""Gradient boosted trees that order candidates, by whichever booster this machine can run.

LambdaMART: Burges, "From RankNet to LambdaRank to LambdaMART" (MSR-TR-2010-82), by LightGBM. Where
LightGBM cannot be loaded (it needs the system's libgomp; `rynek doctor` tells) scikit-learn's
booster learns the chance of a purchase instead.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from models.arrays import Float32, Int64, Mask
from models.forest import Forest
from models.threads import available_threads

BINS = 63
"""Of each feature: coarse enough to be quick, and no worse where it was measured."""

Booster: TypeAlias = Literal["lightgbm", "scikit-learn"]


@dataclass(frozen=True)
class Growth:
    """How trees grow; the same words for both boosters."""

    trees: int = 100
    leaves: int = 15
    depth: int = 6
    rate: float = 0.08
    fewest_in_leaf: int = 40


def grown(
    features: Float32, is_hit: Mask, groups: Int64, booster: Booster, growth: Growth, seed: int
) -> Forest:
    """A forest that scores rows `(n, n_features)` so that hits come first within their group.

    `groups` are the lengths of consecutive groups, which add up to n.
    """
    lightgbm = _lightgbm() if booster == "lightgbm" else None
    if lightgbm is None:
        return _by_scikit_learn(features, is_hit, growth, seed)
    return _by_lightgbm(lightgbm, features, is_hit, groups, growth, seed)


def _lightgbm() -> Any:
    """Imported only to train: it takes seconds, and is missing without libgomp."""
    try:
        import lightgbm
    except OSError:
        return None
    return lightgbm


def _by_lightgbm(
    lightgbm: Any, features: Float32, is_hit: Mask, groups: Int64, growth: Growth, seed: int
) -> Forest:
    settings = {
        "objective": "lambdarank",
        "lambdarank_truncation_level": 30,
        "num_leaves": growth.leaves,
        "max_depth": growth.depth,
        "learning_rate": growth.rate,
        "min_data_in_leaf": growth.fewest_in_leaf,
        "max_bin": BINS,
        "use_missing": False,
        "num_threads": available_threads(),
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    told = lightgbm.Dataset(features, is_hit.astype(np.float32), group=groups)
    model = lightgbm.train(settings, told, growth.trees).dump_model()
    return Forest.of([list(_flattened(tree["tree_structure"])) for tree in model["tree_info"]])


def _flattened(root: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """LightGBM's nested nodes as a list, children after their parent."""
    waiting, place = [root], 1
    for node in waiting:
        if "leaf_value" in node and "split_feature" not in node:
            yield {"value": node["leaf_value"]}
            continue
        waiting += [node["left_child"], node["right_child"]]
        yield {
            "feature": node["split_feature"],
            "threshold": node["threshold"],
            "left": place,
            "right": place + 1,
        }
        place += 2


def _by_scikit_learn(features: Float32, is_hit: Mask, growth: Growth, seed: int) -> Forest:
    # A third of a pipeline's start, and needed only here.
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=growth.trees,
        max_leaf_nodes=growth.leaves,
        max_depth=growth.depth,
        learning_rate=growth.rate,
        min_samples_leaf=growth.fewest_in_leaf,
        max_bins=BINS,
        early_stopping=False,
        random_state=seed,
    ).fit(features, is_hit)
    return Forest.of([_nodes(predictors[0]) for predictors in model._predictors])


def _nodes(predictor: Any) -> list[dict[str, Any]]:
    return [
        {"value": float(node["value"])}
        if node["is_leaf"]
        else {
            "feature": int(node["feature_idx"]),
            "threshold": float(node["num_threshold"]),
            "left": int(node["left"]),
            "right": int(node["right"]),
        }
        for node in predictor.nodes
    ]
