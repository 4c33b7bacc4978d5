"""The attacker on two months as they were really closed, from orders in Postgres to shown cells.

Nobody's prices change between the months, which is what the attacker would wish for.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import numpy as np
import psycopg
import pytest

from tests.conftest import Databases
from tests.warehouse.benchmarks.test_intruder import DOUBT, unprotected
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse import store
from warehouse.benchmarks.cells import Cell
from warehouse.benchmarks.closing import close
from warehouse.benchmarks.disclosure import Unit
from warehouse.benchmarks.intruder import Intruder
from warehouse.benchmarks.sightings import Month, statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Warehouse = duckdb.DuckDBPyConnection

JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)
OWNERS = 26
# Four of January's owners are gone in March, three of March's were not there in January; so many
# may change in a cell for it to be shown again.
LEAVE, COME = range(4), range(OWNERS - 3, OWNERS)
METRIC = "average_order_value"


def open_shops(market: Market) -> None:
    """Owners with ten orders a month, worth between 5 and 95; the tenth one has two shops."""
    rng = np.random.default_rng(11)
    shopper = market.shopper()
    categories = [market.category("Tea"), market.category("Cups")]
    for number in range(OWNERS):
        months = [month for month, away in ((1, COME), (3, LEAVE)) if number not in away]
        vendor_id = market.vendor()
        if number == 10:
            market.ask(
                """update vendors set owner_id = (
                       select owner_id from vendors where vendor_id = %s)
                   where vendor_id = %s""",
                vendor_id - 1,
                vendor_id,
            )
        offer_id = market.offer(vendor_id, price_cents=int(rng.lognormal(7.5, 0.7)), units=100)
        market.ask(
            """update products set category_id = %s
               where product_id = (select product_id from offers where offer_id = %s)""",
            categories[number % 2],
            offer_id,
        )
        for month in months:
            for day in range(1, 11):
                placed_at = datetime(2026, month, day, 12, tzinfo=UTC)
                market.order(shopper, [(offer_id, 1)], placed_at, status="delivered")


@pytest.fixture(scope="module")
def closed(
    databases: Databases, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    with databases.fresh(migrated_template) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            open_shops(Market(connection).opened())
        with store.opened(tmp_path_factory.mktemp("closed")) as warehouse:
            load_and_build(warehouse, address)
            close(warehouse)
            yield warehouse


def units_of(closed: Warehouse, month: date) -> list[Unit]:
    rows = closed.sql(
        """select owner_id, category_id, price_band, volume_band, value, capped
           from benchmarks.units where period_date = ? and metric_id = ? order by all""",
        params=[month, METRIC],
    ).fetchall()
    return [Unit(row[0], tuple(row[1:4]), *row[4:]) for row in rows]


def cells_of(closed: Warehouse, month: date) -> list[Cell]:
    rows = closed.sql(
        """select cohort, owners_at_least, step, median, lower_quartile, upper_quartile, mean
           from marts.benchmarks where period_date = ? and metric_id = ?""",
        params=[month, METRIC],
    ).fetchall()
    return [
        Cell(tuple(int(part) for part in cohort.split("/") if part), *figures)
        for cohort, *figures in rows
    ]


def told(closed: Warehouse) -> list[Month]:
    return [
        Month(units, list(statements(cells_of(closed, month), units)))
        for month in (JANUARY, MARCH)
        for units in [units_of(closed, month)]
    ]


def test_both_months_are_shown_though_owners_came_and_left(closed: Warehouse) -> None:
    january, march = told(closed)
    assert january.statements
    assert march.statements
    gone = {unit.owner_id for unit in january.units} - {unit.owner_id for unit in march.units}
    come = {unit.owner_id for unit in march.units} - {unit.owner_id for unit in january.units}
    assert (len(gone), len(come)) == (4, 3)


@pytest.mark.parametrize("place", [0, 6, 10, 24])
def test_no_owner_learns_another_ones_value_from_the_months_as_they_were_closed(
    closed: Warehouse, place: int
) -> None:
    months = told(closed)
    owners = sorted({unit.owner_id for month in months for unit in month.units})
    intruder = Intruder(owners[place], months)
    assert all(
        low - 1e-6 <= intruder.values[key] <= high + 1e-6
        for key, (low, high) in intruder.possible().items()
    ), "what is true is possible"
    assert intruder.learns(DOUBT, smallest=1) == []


def test_the_same_months_without_the_rules_tell_the_same_intruder_values(
    closed: Warehouse,
) -> None:
    months = [
        unprotected([unit._replace(capped=unit.value) for unit in units_of(closed, month)])
        for month in (JANUARY, MARCH)
    ]
    intruder = Intruder(months[0].units[0].owner_id, months)
    found = [
        key
        for key, (low, high) in intruder.proven().items()
        if high - low <= 0.01 * intruder.values[key]
    ]
    assert found, "beyond doubt, from sums alone"
