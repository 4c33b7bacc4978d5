"""Close months: freeze cohorts, decide what may be shown, and keep both for good.

A closed month is never computed again, whatever arrives later: the difference of two versions would
be somebody's figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse import ledger
from warehouse.benchmarks import kept, storage
from warehouse.benchmarks.cells import published
from warehouse.benchmarks.measures import COMPARED, Compared
from warehouse.benchmarks.membership import freeze, last_day
from warehouse.build import market_date
from warehouse.errors import CheckFailed, MartsMissing
from warehouse.store import transaction

AUDIT = (Path(__file__).parent / "audit.sql").read_text()


@dataclass(frozen=True)
class Closed:
    """One month of one metric, done: the cells that are shown, of those that hold any owner."""

    metric_id: str
    month: date
    owners: int
    shown: int


def close(
    connection: duckdb.DuckDBPyConnection, on_closed: Callable[[Closed], None] = lambda done: None
) -> list[Closed]:
    """Close every month that is over and mature, oldest first; usually there is none.

    Raises MartsMissing before the first build, and CheckFailed, keeping nothing, where a cell that
    would be shown breaks a rule.
    """
    build = ledger.last_build(connection)
    if build is None:
        raise MartsMissing("nothing is built yet")
    loaded = ledger.load(connection, build.load_id)
    market = storage.market_of(loaded.moment.identity)
    done = []
    with transaction(connection):
        storage.forget_other_markets(connection, market)
        for compared in COMPARED:
            for month in _due(connection, compared, market_date(loaded)):
                done.append(_close(connection, compared, month, market))
                on_closed(done[-1])
        if done:
            audit(connection, min(closed.month for closed in done))
            ledger.rename_build(connection)
    return done


def audit(connection: duckdb.DuckDBPyConnection, since: date) -> None:
    """Hold what is shown from a month on to the rules, counted anew in SQL. Raises CheckFailed."""
    broken = connection.sql(AUDIT, params={"since": since}).fetchall()
    if broken:
        rules = "; ".join(sorted({rule for *_, rule in broken}))
        raise CheckFailed(f"benchmarks: {len(broken)} cells, such as {broken[0][:3]}: {rules}")


def _due(connection: duckdb.DuckDBPyConnection, compared: Compared, today: date) -> list[date]:
    months = connection.sql(
        """select distinct date_trunc('month', order_date)::date as month from marts.vendor_orders
           where month > (
               select coalesce(max(period_date), '0001-01-01') from benchmarks.closed
               where metric_id = ?
           ) order by month""",
        params=[compared.metric_id],
    ).fetchall()
    return [month for (month,) in months if compared.mature_on(last_day(month)) <= today]


def _close(
    connection: duckdb.DuckDBPyConnection, compared: Compared, month: date, market: str
) -> Closed:
    freeze(connection, month)
    units = kept.contributions(connection, compared, month)
    earlier = kept.shown_before(connection, compared.metric_id, month)
    cells = published(units, compared.smallest_step, earlier)
    kept.keep_units(connection, compared.metric_id, month, units)
    kept.keep_cells(connection, compared.metric_id, month, cells)
    kept.keep_placements(connection, compared, month, {cell.path for cell in cells})
    connection.sql(
        "insert into benchmarks.closed values (?, ?, ?, ?)",
        params=[market, month, compared.metric_id, datetime.now(UTC)],
    )
    owners = len({unit.owner_id for unit in units})
    return Closed(compared.metric_id, month, owners, len(cells))
