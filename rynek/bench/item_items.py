"""Neighbour-wise EASE beside the dense one: what the memory saved costs in quality."""

import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl

from models.arrays import Histories
from models.evaluation import evaluate, judge
from models.interactions import Interactions
from models.registry import recommender
from rynek.bench.shapes import Shape, histories
from rynek.bench.trainers import peak_gib

PARAMETERS = {
    "ease": {"regularisation": 100.0, "head": 45_000},
    "sparse_ease": {"regularisation": 100.0, "neighbours": 400},
}
"""λ is what the validation part of Gowalla's train part prefers for the neighbour-wise one."""
Source = Path | Shape


@dataclass(frozen=True)
class Fitted:
    """Mean NDCG@20 and Recall@20, 0 without a test part; seconds, and memory above the data's."""

    ndcg: float
    recall: float
    seconds: float
    gib: float


def fitted(recipe: str, source: Source, seed: int) -> Fitted:
    """In a process of its own: a folder with `train` and `test`, or a generated shape."""
    context = multiprocessing.get_context("spawn")
    end, other = context.Pipe()
    process = context.Process(target=_serve, args=(other, recipe, source, seed))
    process.start()
    other.close()
    try:
        found: Fitted = end.recv()
    except EOFError:
        process.join()
        raise ChildProcessError(f"{recipe} ended with exit code {process.exitcode}.") from None
    process.join()
    return found


def _serve(end: Connection, recipe: str, source: Source, seed: int) -> None:
    train, test = _parts(source, seed)
    model = recommender(recipe, PARAMETERS[recipe])
    before, begin = peak_gib(), perf_counter()
    model.fit(train)
    seconds, gib = perf_counter() - begin, peak_gib() - before
    ndcg = recall = 0.0
    if test is not None:
        reached = evaluate(model, judge(train, test.bought, "new")).by_shopper
        ndcg, recall = (float(reached[name].mean()) for name in ("ndcg@20", "recall@20"))
    end.send(Fitted(ndcg, recall, seconds, gib))


def _parts(source: Source, seed: int) -> tuple[Interactions, Interactions | None]:
    if isinstance(source, Shape):
        return _events(histories(source, seed)), None
    parts = [pl.read_parquet(source / f"{part}.parquet") for part in ("train", "test")]
    both = pl.concat(parts)
    events = Interactions.from_columns(both["user"], both["item"])
    is_train = np.arange(len(both)) < len(parts[0])
    return events.where(is_train), events.where(~is_train)


def _events(matrix: Histories) -> Interactions:
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return Interactions.from_columns(rows, matrix.indices)
