"""The bench of the warehouse at a small size: it runs, and both engines say the same."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rynek.bench import asking, building
from rynek.bench.asking import Both
from rynek.bench.large import Size
from rynek.bench.questions import dashboard, market
from warehouse import store

pytestmark = pytest.mark.slow

SMALL = Size(vendors=20, lines=3_000, events=12_000)
QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """A small market built whole, changed, built in parts, published, and copied into Postgres."""
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        _publish(home)
        with asking.beside(home, home / "published", QUIET) as both:
            yield both


def _publish(home: Path) -> None:
    with store.opened(home / "warehouse") as connection:
        building.synthesise(connection, SMALL, QUIET)
        rows = [
            *building.build_whole(connection, QUIET),
            *building.check_whole(connection, QUIET),
            *building.build_parts(connection, QUIET),
        ]
        assert [row.name for row in rows if row.met is False] == []
        list(building.publish_all(connection, home / "published", QUIET))


def test_the_snapshot_and_postgres_answer_every_question_alike(both: Both) -> None:
    for askings in (dashboard(1, both.now), dashboard(7, both.now), market(both.now)):
        for name, one in askings.items():
            for asked in both.snapshot.listen(one):
                ours = both.snapshot.rows(asked.sql, asked.parameters)
                theirs = both.postgres.execute(asked.for_postgres(), asked.parameters)
                assert ours, name
                assert _plain(ours) == _plain(theirs.fetchall()), name


def test_every_question_has_its_figures(both: Both) -> None:
    rows = [*asking.dashboards(both, SMALL.vendors, QUIET), *asking.markets(both, QUIET)]
    assert all(row.value > 0 for row in rows)
    assert {row.peer for row in rows if row.goal} == {"Postgres"}


def _plain(rows: list[tuple[Any, ...]]) -> list[str]:
    return sorted(str([_value(value) for value in row]) for row in rows)


def _value(value: object) -> object:
    """Engines differ in how they name the same number or day."""
    match value:
        case Decimal() | float():
            return round(float(value), 6)
        case bool():
            return value
        case int():
            return float(value)
        case list():
            return [_value(one) for one in value]
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat()
        case date():
            return f"{value}T00:00:00"
    return value
