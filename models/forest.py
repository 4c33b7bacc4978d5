"""Regression trees as plain arrays: what a booster learned, read without the booster.

So an artifact holds nothing executable, and whoever answers from it needs neither LightGBM nor the
system's libgomp, and does not wait seconds for their import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.arrays import AnyArray, Float32, Float64, Int32

ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees one after the other; a leaf is its own child on both sides.

    features, thresholds, values  `(n_nodes,)`; values count at leaves
    children  `(2 · n_nodes,)`: left, where the feature is at most the threshold, then right
    roots  `(n_trees,)`
    """

    features: Int32
    thresholds: Float64
    children: Int32
    values: Float64
    roots: Int32
    depth: int

    @classmethod
    def of(cls, trees: Sequence[Sequence[Mapping[str, Any]]]) -> Self:
        """From trees of nodes, each with feature, threshold, left, right and value; root first.

        Children are places within the tree; a leaf has none.
        """
        starts = np.cumsum([0, *(len(tree) for tree in trees)])
        nodes = [
            (start, place, node)
            for start, tree in zip(starts, trees, strict=False)
            for place, node in enumerate(tree)
        ]
        children = [
            int(start) + node.get(side, place)
            for start, place, node in nodes
            for side in ("left", "right")
        ]
        return cls(
            np.array([node.get("feature", 0) for *_, node in nodes], np.int32),
            np.array([node.get("threshold", np.inf) for *_, node in nodes], np.float64),
            np.array(children, np.int32),
            np.array([node.get("value", 0.0) for *_, node in nodes], np.float64),
            starts[:-1].astype(np.int32),
            max((_depth(tree) for tree in trees), default=0),
        )

    def predict(self, rows: Float32) -> Float32:
        """`(n,)`: the sum of the leaves that each row of features `(n, n_features)` falls into."""
        parts = [
            self._predicted(rows[begin : begin + ROWS_AT_ONCE])
            for begin in range(0, len(rows), ROWS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def arrays(self) -> dict[str, AnyArray]:
        """For an artifact."""
        return {
            "features": self.features,
            "thresholds": self.thresholds,
            "children": self.children,
            "values": self.values,
            "roots": self.roots,
            "depth": np.array([self.depth]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, AnyArray]) -> Self:
        """As `arrays` gave them."""
        kept = {name: arrays[name] for name in arrays if name != "depth"}
        return cls(**kept, depth=int(arrays["depth"][0]))

    def _predicted(self, rows: Float32) -> Float32:
        n, width = rows.shape
        flat = rows.ravel()
        begins = np.arange(n, dtype=np.int32) * np.int32(width)
        at = np.repeat(self.roots[:, None], n, axis=1)
        for _ in range(self.depth):
            is_right = flat[begins + self.features[at]] > self.thresholds[at]
            at = self.children[2 * at + is_right]
        predicted: Float32 = self.values[at].sum(axis=0).astype(np.float32)
        return predicted


def _depth(tree: Sequence[Mapping[str, Any]]) -> int:
    """Steps from the root to the deepest leaf; children come after their parent."""
    depths = [0] * len(tree)
    for place, node in enumerate(tree):
        for side in ("left", "right"):
            if side in node:
                depths[node[side]] = depths[place] + 1
    return max(depths, default=0)
