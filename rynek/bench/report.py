"""What a benchmark says: rows of figures, as a table for people, as one JSON line for programs."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psutil
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure in its unit, its peer's in the same run, and the goal for what `goal_of` names."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    goal: str | None = None
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.peer_value if self.peer_value else None


@dataclass(frozen=True)
class Report:
    """A benchmark's rows, the machine they were taken on and how large the market was."""

    bench: str
    scale: str
    rows: tuple[Row, ...]

    def as_json(self) -> str:
        rows = [asdict(row) | {"ratio": row.ratio} for row in self.rows]
        return json.dumps(
            {"bench": self.bench, "machine": machine(), "scale": self.scale, "rows": rows}
        )

    def as_table(self) -> Table:
        table = Table(
            "figure", "value", "peer", "ratio", "goal", title=f"{self.bench}: {self.scale}"
        )
        for row in self.rows:
            peer = f"{row.peer}: {row.peer_value:,.4g}" if row.peer_value is not None else ""
            ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
            verdict = {None: "", True: " ✓", False: " ✗"}[row.met]
            table.add_row(
                row.name, f"{row.value:,.4g} {row.unit}", peer, ratio, f"{row.goal or ''}{verdict}"
            )
        return table


def machine() -> dict[str, Any]:
    """What a reader must know to compare: cores, memory, system, Python."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def seconds(work: Callable[[], object]) -> float:
    """How long the work took, by the clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which `percent` of 100 lie (inclusive method)."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
