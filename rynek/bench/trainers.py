"""Our iALS and `implicit`'s, each in a process of its own, an iteration at a time in turn."""

import multiprocessing
import resource
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Literal, Protocol, get_args

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_array, csr_matrix, load_npz, save_npz
from threadpoolctl import threadpool_limits

from models import metrics
from models.als import ALS
from models.arrays import Float32, Float64, Histories, Int64, rows_of
from models.factor_space import FactorSpace
from models.interactions import Interactions
from models.threads import available_threads
from models.topk import rank

Side = Literal["ours", "peer"]
SIDES: tuple[Side, ...] = get_args(Side)
FOLDED = 300
SCORES_AT_ONCE = 1 << 26
ROWS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Turn:
    """One full iteration, both sides updated."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Judgement:
    """After the last turn.

    ndcg  `(n_judged,)` of the held-out events
    fold_in_ms  `(FOLDED,)`: one shopper's vector from their history
    refit_error  the largest difference of a coordinate to a dense float64 solve
    peak_gib  of the process while it trained
    """

    ndcg: Float64
    fold_in_ms: Float64
    refit_error: float
    peak_gib: float


class Trainer(Protocol):
    """What both sides can do."""

    def step(self) -> Turn: ...
    def prepare(self) -> None: ...
    def scores(self, histories: Histories) -> Float32: ...
    def fold_in(self, history: Histories) -> Float32: ...
    def refitted(self, history: Histories) -> Float64: ...


class Ours:
    def __init__(self, known: Histories, factors: int, weight: float) -> None:
        ALS(factors=1, iterations=1).fit(Interactions.from_columns([0], [0]))
        self.trainer = ALS(factors=factors, unobserved_weight=1 / weight).trainer(known)
        self.ridge = self.trainer.ridge

    def step(self) -> Turn:
        begin, cpu = perf_counter(), process_time()
        self.trainer.step()
        return Turn(perf_counter() - begin, process_time() - cpu)

    def prepare(self) -> None:
        self.items = FactorSpace.over(self.trainer.items, self.ridge)
        self.gramian = _gramian(self.items.factors)

    def scores(self, histories: Histories) -> Float32:
        scored: Float32 = self.items.solve(histories) @ self.items.factors.T
        return scored

    def fold_in(self, history: Histories) -> Float32:
        return self.items.fold_in(history.indices.astype(np.int64), history.data)

    def refitted(self, history: Histories) -> Float64:
        V = self.items.factors[history.indices].astype(np.float64)
        w = history.data.astype(np.float64)
        A: Float64 = (V * w[:, None]).T @ V + self.ridge.unobserved_weight * self.gramian
        A += self.ridge.penalty(history.nnz, len(self.items.factors)) * np.eye(len(A))
        return np.asarray(np.linalg.solve(A, V.T @ w))


class Peer:
    def __init__(self, known: Histories, factors: int, weight: float) -> None:
        self.known = csr_matrix(known)
        with threadpool_limits(1, "blas"):  # else it warns of the pool, which `step` closes too
            self.model = AlternatingLeastSquares(
                factors=factors,
                alpha=weight,
                iterations=1,
                num_threads=available_threads(),
                random_state=0,
            )

    def step(self) -> Turn:
        """Of `fit` only the iteration counts, not the transposing before it."""
        seconds: list[float] = []
        begin = process_time()
        with threadpool_limits(1, "blas"):
            self.model.fit(
                self.known, show_progress=False, callback=lambda _, took, __: seconds.append(took)
            )
        return Turn(seconds[0], process_time() - begin)

    def prepare(self) -> None:
        self.gramian = _gramian(self.model.item_factors)

    def scores(self, histories: Histories) -> Float32:
        shoppers = self.model.recalculate_user(np.arange(histories.shape[0]), csr_matrix(histories))
        scored: Float32 = np.atleast_2d(shoppers) @ self.model.item_factors.T
        return scored

    def fold_in(self, history: Histories) -> Float32:
        folded: Float32 = self.model.recalculate_user(0, csr_matrix(history))
        return folded

    def refitted(self, history: Histories) -> Float64:
        V = self.model.item_factors[history.indices].astype(np.float64)
        A = (self.model.alpha - 1) * V.T @ V + self.gramian
        A += self.model.regularization * np.eye(len(A))
        return np.asarray(np.linalg.solve(A, self.model.alpha * V.sum(axis=0)))


class Process:
    """The parent's end of a trainer that waits to be told.

    `weight` of an observed event, as a multiple of an unobserved one's.
    """

    def __init__(self, side: Side, folder: Path, factors: int, weight: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.end, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, side, folder, factors, weight))
        self.process.start()
        other.close()

    def step(self) -> Turn:
        """One more iteration."""
        turn: Turn = self._asked("step")
        return turn

    def judge(self) -> Judgement:
        """What came of it; the process ends."""
        found: Judgement = self._asked("judge")
        self.process.join()
        return found

    def _asked(self, wish: str) -> Any:
        self.end.send(wish)
        return self.end.recv()


def store(folder: Path, known: Histories, truth: Histories, judged: Int64) -> None:
    """Leave for the trainers what they learn from and are judged by."""
    save_npz(folder / "known.npz", known, compressed=False)
    save_npz(folder / "truth.npz", truth, compressed=False)
    np.save(folder / "judged.npy", judged)


def _serve(end: Connection, side: Side, folder: Path, factors: int, weight: float) -> None:
    known = _loaded(folder / "known.npz")
    trainer = _trainer(side, known, factors, weight)
    while end.recv() == "step":
        end.send(trainer.step())
    trainer.prepare()
    end.send(_judged(trainer, folder, known, peak_gib()))


def _trainer(side: Side, known: Histories, factors: int, weight: float) -> Trainer:
    return Ours(known, factors, weight) if side == "ours" else Peer(known, factors, weight)


def quality(side: Side, folder: Path, factors: int, weight: float, iterations: int) -> float:
    """Mean NDCG@20 of the held-out events after so many iterations, here in this process."""
    known = _loaded(folder / "known.npz")
    trainer = _trainer(side, known, factors, weight)
    for _ in range(iterations):
        trainer.step()
    trainer.prepare()
    return float(np.mean(_ndcg(trainer, folder, known)))


def _gramian(factors: Float32) -> Float64:
    """In blocks, so that exactness costs no memory that training would not."""
    blocks = np.array_split(factors, max(1, len(factors) // ROWS_AT_ONCE))
    return np.asarray(sum(V.T @ V for V in (block.astype(np.float64) for block in blocks)))


def peak_gib() -> float:
    """The most memory this process has held, as `getrusage` counts it: KiB, or bytes on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**30 if sys.platform == "darwin" else 2**20)


def _judged(trainer: Trainer, folder: Path, known: Histories, peak_gib: float) -> Judgement:
    folded = [known[[row]] for row in np.load(folder / "judged.npy")[:FOLDED]]
    return Judgement(_ndcg(trainer, folder, known), *_folded(trainer, folded), peak_gib)


def _ndcg(trainer: Trainer, folder: Path, known: Histories) -> Float64:
    truth, judged = _loaded(folder / "truth.npz"), np.load(folder / "judged.npy")
    batch = max(1, SCORES_AT_ONCE // known.shape[1])
    found = []
    for begin in range(0, len(judged), batch):
        mine = rows_of(known, judged[begin : begin + batch])
        lists = rank(trainer.scores(mine), 20, exclude=mine).items
        theirs = truth[begin : begin + batch]
        found.append(metrics.ndcg(metrics.hits(lists, theirs), metrics.relevant(theirs)))
    return np.concatenate(found)


def _folded(trainer: Trainer, each: list[Histories]) -> tuple[Float64, float]:
    took, error = [], 0.0
    with threadpool_limits(1, "blas"):
        trainer.fold_in(each[0])
        for history in each:
            begin = perf_counter()
            folded = trainer.fold_in(history)
            took.append(1e3 * (perf_counter() - begin))
            error = max(error, float(np.abs(folded - trainer.refitted(history)).max()))
    return np.array(took), error


def _loaded(path: Path) -> Histories:
    return csr_array(load_npz(path))
