"""Seeded randomness: one stream per stage, so that a change of one leaves the others alone."""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def stream(seed: int, stage: str) -> np.random.Generator:
    """The generator of `stage` in the market `seed`."""
    return np.random.default_rng([seed, crc32(stage.encode())])


def zipf_weights(rng: np.random.Generator, count: int, exponent: float) -> Floats:
    """(count,) weights 1/rank^exponent in random order, summing to 1."""
    weights = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    return rng.permutation(weights / weights.sum())


def choose(rng: np.random.Generator, scores: Floats) -> Ints:
    """(rows,) one column per row of `scores` (rows, columns), drawn from the row's softmax."""
    chosen: Ints = np.argmax(scores + rng.gumbel(size=scores.shape), axis=1)
    return chosen


def chance(rng: np.random.Generator, probability: Floats) -> Flags:
    """A coin per element of `probability`, heads with that probability."""
    return rng.random(probability.shape) < probability
