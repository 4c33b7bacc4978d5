"""Training and answering, beside `implicit`; item to item, beside dense EASE."""

import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rich.console import Console

from models.errors import QuestionUnclear
from models.evaluation import relative_difference
from rynek.bench.item_items import Fitted, fitted
from rynek.bench.report import Report, Row
from rynek.bench.shapes import Shape, held_out, histories
from rynek.bench.trainers import SIDES, Judgement, Process, Side, Turn, quality, store

SEED = 7
GOALS = {64: 1.9, 128: 1.4}
STRETCH = 3.0
GOAL_GIB = 4.2
GOAL_FOLD_IN_MS = 1.0
GOAL_REFIT_ERROR = 1e-4
GOAL_NDCG_SHARE = 0.99
GOAL_MEMORY_SHARE = 0.1
PUBLISHED = {"Recall@20": 0.1765, "NDCG@20": 0.1467}
GOAL_REPRODUCED = 0.001
"""Dense EASE on Gowalla's split in the open benchmark of Mao et al., "SimpleX" (CIKM 2021)."""
JUDGED, HELD_OUT = 1_000, 0.2
WEIGHTS = (10.0, 20.0, 50.0, 100.0)
"""Of an observed event beside an unobserved one: each side gets the best of these for itself."""

Part = Literal["all", "training", "gowalla", "items"]


@dataclass(frozen=True)
class Scale:
    """How much is measured: for training, and for item to item without a peer.

    `tuning` is a small market like `training`, on which each side's weight is chosen.
    """

    training: Shape
    tuning: Shape
    item_items: Shape
    factors: tuple[int, ...]
    iterations: int


FULL = Scale(
    Shape(500_000, 2_500_000, 19_000_000, tastes=1_000),
    Shape(50_000, 250_000, 1_900_000, tastes=1_000),
    Shape(150_000, 100_000, 4_000_000, tastes=200),
    (64, 128),
    iterations=6,
)
QUICK = Scale(
    Shape(2_000, 5_000, 60_000, tastes=20),
    Shape(1_000, 2_000, 20_000, tastes=20),
    Shape(1_000, 500, 20_000, tastes=10),
    (64,),
    iterations=2,
)


def measure(data: Path | None, console: Console, part: Part, *, is_quick: bool) -> Report:
    """Training and folding in; item to item beside the dense model, then where that cannot go."""
    if part == "gowalla" and data is None:
        raise QuestionUnclear("The public data sets are not here: set RYNEK_DATA to their folder.")
    scale = QUICK if is_quick else FULL
    rows: list[Row] = []
    if part in ("all", "training"):
        rows += in_turn(scale, console)
    if part in ("all", "gowalla") and data and not is_quick:
        rows += beside_dense(data / "gowalla_lightgcn", console)
    if part in ("all", "items"):
        rows += alone(scale.item_items, console)
    of = {"gowalla": "Gowalla", "items": str(scale.item_items)}
    return Report("models", of.get(part, str(scale.training)), tuple(rows))


def in_turn(scale: Scale, console: Console) -> list[Row]:
    """Both trainers hold the same data in processes of their own and take turns."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as name:
        folder = Path(name)
        with console.status(f"choosing each side's weight on {scale.tuning}"):
            _lay_out(folder, scale.tuning)
            weights = [_best(side, folder, scale) for side in SIDES]
        with console.status(f"laying out {scale.training}"):
            _lay_out(folder, scale.training)
        rows.append(Row("weight of an observed event", weights[0], "×", "implicit", weights[1]))
        for factors in scale.factors:
            with console.status(f"{factors} factors, {scale.iterations} iterations in turn"):
                rows += training(folder, factors, scale.iterations, weights)
    return rows


def _lay_out(folder: Path, shape: Shape) -> None:
    store(folder, *held_out(histories(shape, SEED), JUDGED, HELD_OUT, SEED))


def _best(side: Side, folder: Path, scale: Scale) -> float:
    return max(WEIGHTS, key=lambda w: quality(side, folder, scale.factors[0], w, scale.iterations))


def training(folder: Path, factors: int, iterations: int, weights: Sequence[float]) -> list[Row]:
    """Seconds a full iteration, memory, quality at equal factors, one shopper folded in."""
    ours, peer = (
        Process(side, folder, factors, weight) for side, weight in zip(SIDES, weights, strict=True)
    )
    turns = [(ours.step(), peer.step()) for _ in range(iterations)]
    mine, theirs = ours.judge(), peer.judge()
    name = f"{factors} factors"
    return [
        *_speed(name, [mine for mine, _ in turns], [theirs for _, theirs in turns], GOALS[factors]),
        Row(
            f"{name}: peak memory", mine.peak_gib, "GiB", "implicit", theirs.peak_gib,
            f"≤ {GOAL_GIB} GiB", mine.peak_gib <= GOAL_GIB,
        ),
        _quality(name, mine, theirs),
        *_fold_in(name, mine, theirs),
    ]  # fmt: skip


def beside_dense(gowalla: Path, console: Console) -> list[Row]:
    """Neighbour-wise EASE and the dense one on the same split."""
    with console.status("neighbour-wise EASE on Gowalla, then dense"):
        return beside(*(fitted(recipe, gowalla, SEED) for recipe in ("sparse_ease", "ease")))


def alone(shape: Shape, console: Console) -> list[Row]:
    """Neighbour-wise EASE where a dense inverse cannot go."""
    with console.status(f"neighbour-wise EASE on {shape}"):
        found = fitted("sparse_ease", shape, SEED)
    name = f"{shape.items:,} items, neighbour-wise EASE"
    return [
        Row(f"{name}: seconds to fit", found.seconds, "s"),
        Row(f"{name}: memory to fit", found.gib, "GiB"),
    ]


def beside(sparse: Fitted, dense: Fitted) -> list[Row]:
    """Quality and memory against the dense model, and that against what was published."""
    name, peer = "Gowalla, neighbour-wise EASE", "dense EASE"
    return [
        Row(
            f"{name}: NDCG@20", sparse.ndcg, "", peer, dense.ndcg,
            f"ratio ≥ {GOAL_NDCG_SHARE}", sparse.ndcg >= GOAL_NDCG_SHARE * dense.ndcg,
        ),
        Row(
            f"{name}: memory to fit", sparse.gib, "GiB", peer, dense.gib,
            f"ratio ≤ {GOAL_MEMORY_SHARE}", sparse.gib <= GOAL_MEMORY_SHARE * dense.gib,
        ),
        Row(f"{name}: seconds to fit", sparse.seconds, "s", peer, dense.seconds),
        *_reproduced(dense),
    ]  # fmt: skip


def _reproduced(dense: Fitted) -> list[Row]:
    measured = {"Recall@20": dense.recall, "NDCG@20": dense.ndcg}
    return [
        Row(
            f"Gowalla, dense EASE: {name}", measured[name], "", "published", published,
            f"± {GOAL_REPRODUCED}", abs(measured[name] - published) <= GOAL_REPRODUCED,
        )
        for name, published in PUBLISHED.items()
    ]  # fmt: skip


def _speed(name: str, ours: list[Turn], peer: list[Turn], goal: float) -> list[Row]:
    wall = [statistics.median(turn.seconds for turn in turns) for turns in (ours, peer)]
    cpu = [statistics.median(turn.cpu_seconds for turn in turns) for turns in (ours, peer)]
    faster = statistics.median(p.seconds / o.seconds for o, p in zip(ours, peer, strict=True))
    return [
        Row(f"{name}: seconds per full iteration", wall[0], "s", "implicit", wall[1]),
        Row(f"{name}: CPU seconds per full iteration", cpu[0], "s", "implicit", cpu[1]),
        Row(
            f"{name}: times faster than implicit, median of turns", faster, "×",
            goal=f"≥ {goal}, stretch {STRETCH}", met=faster >= goal,
        ),
        Row(
            f"{name}: slowest turn ÷ fastest",
            max(t.seconds for t in ours) / min(t.seconds for t in ours), "", "implicit",
            max(t.seconds for t in peer) / min(t.seconds for t in peer),
        ),
    ]  # fmt: skip


def _quality(name: str, mine: Judgement, theirs: Judgement) -> Row:
    ahead = relative_difference(mine.ndcg, theirs.ndcg)
    return Row(
        f"{name}: NDCG@20 of held-out events", float(np.mean(mine.ndcg)), "", "implicit",
        float(np.mean(theirs.ndcg)), "not worse by its interval", ahead.high >= 0,
    )  # fmt: skip


def _fold_in(name: str, mine: Judgement, theirs: Judgement) -> list[Row]:
    own, other = (float(np.median(found.fold_in_ms)) for found in (mine, theirs))
    return [
        Row(
            f"{name}: one shopper folded in, median", own, "ms", "implicit.recalculate_user", other,
            f"≤ {GOAL_FOLD_IN_MS} ms", own <= GOAL_FOLD_IN_MS,
        ),
        Row(
            f"{name}: largest difference to a refit", mine.refit_error, "", "implicit",
            theirs.refit_error, f"≤ {GOAL_REFIT_ERROR}", mine.refit_error <= GOAL_REFIT_ERROR,
        ),
    ]  # fmt: skip
