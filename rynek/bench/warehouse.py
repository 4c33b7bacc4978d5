"""The warehouse of a market of full size: built, refreshed, published, and asked beside Postgres.

A phase can be run alone; what it needs of those before is done without being measured.
"""

import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from rich.console import Console

from rynek.bench import building, load
from rynek.bench.asking import beside, dashboards, markets
from rynek.bench.large import SIZES, Scale, Size
from rynek.bench.report import Report, Row
from warehouse import store
from warehouse.build import build

Phase = Literal["build", "questions", "changes"]
PHASES: tuple[Phase, ...] = get_args(Phase)
CHANGE_ROUNDS = 3


def measure(console: Console, scale: Scale, phases: Collection[Phase]) -> Report:
    """Synthesise, build, change, build again, publish, ask; then change and load from Postgres."""
    size = SIZES[scale]
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        rows = list(_told(_measured(home, size, phases, console), console))
    described = f"{size.lines:,} lines, {size.events:,} events, {size.vendors:,} vendors"
    return Report("warehouse", described, tuple(rows))


def _measured(home: Path, size: Size, phases: Collection[Phase], console: Console) -> Iterator[Row]:
    if "build" in phases or "questions" in phases:
        with store.opened(home / "warehouse") as connection:
            building.synthesise(connection, size, console)
            if "build" in phases:
                yield from building.build_whole(connection, console)
                yield from building.check_whole(connection, console)
                yield from building.build_parts(connection, console)
            else:
                build(connection)
            yield from building.publish_all(connection, home / "published", console)
    if "questions" in phases:
        with beside(home, home / "published", console) as both:
            yield from dashboards(both, size.vendors, console)
            yield from markets(both, console)
    if "changes" in phases:
        yield from load.measure_changes(size.vendor_orders, CHANGE_ROUNDS, console).rows


def _told(rows: Iterable[Row], console: Console) -> Iterator[Row]:
    """Say each figure as soon as it is known: a run takes long enough to be cut short."""
    for row in rows:
        peer = f", {row.peer}: {row.peer_value:,.4g}" if row.peer_value is not None else ""
        console.print(f"{row.name}: {row.value:,.4g} {row.unit}{peer}")
        yield row
