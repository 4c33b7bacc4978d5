"""Marts built in parts are those of a full build, whatever changed."""

from datetime import timedelta

import duckdb
import psycopg
import pytest

from tests.warehouse.chance import Chance
from tests.warehouse.market import NOON, Market
from tests.warehouse.steps import approve, load_and_build
from warehouse import ledger
from warehouse.build import Built, build, build_days
from warehouse.changes import to_judge
from warehouse.checks import Check, checks
from warehouse.deviations import deviations
from warehouse.graph import counted, models, parsed
from warehouse.load import load
from warehouse.manifest import CheckResult

Warehouse = duckdb.DuckDBPyConnection

ROUNDS, CHANGES_A_ROUND = 4, 10
ONE_IN_THE_MORNING = NOON - timedelta(hours=7)  # in New York


def miscounted(warehouse: Warehouse) -> list[str]:
    """Models that have other rows than the table by which they are counted."""
    pairs = [(model.target, counted(model.target)) for model in models()]
    return [target for target, other in pairs if rows(warehouse, target) != rows(warehouse, other)]


def rows(warehouse: Warehouse, target: str) -> int:
    [(found,)] = warehouse.sql(f"select count(*) from {target}").fetchall()
    return int(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_marts_built_in_parts_are_those_of_a_full_build(
    seed: int, market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    chance = Chance(market, seed)
    load_and_build(warehouse, pipeline_database_url)
    in_parts: set[str] = set()
    for _ in range(ROUNDS):
        approve(warehouse)
        for _ in range(CHANGES_A_ROUND):
            chance.anything()
        load(warehouse, pipeline_database_url)
        in_parts |= {built.model.name for built in build(warehouse) if built.parts}
        assert deviations(warehouse) == {}
        for found in (None, to_judge(warehouse)):
            judged = {check.name: check.run(warehouse, found).passed for check in checks()}
            assert [name for name, passed in judged.items() if not passed] == []
        assert miscounted(warehouse) == []
    assert {"vendor_orders", "vendor_daily", "operator_daily", "sessions"} <= in_parts


@pytest.fixture
def busy(market: Market, warehouse: Warehouse, pipeline_database_url: str) -> Warehouse:
    """Two vendors with two days of orders each, judged and approved."""
    cup, bowl = market.offer(market.vendor()), market.offer(market.vendor())
    for offer_id in (cup, bowl):
        for day in range(2):
            market.order(market.shopper(), [(offer_id, 1)], NOON + timedelta(days=day))
    load_and_build(warehouse, pipeline_database_url)
    approve(warehouse)
    return warehouse


def parts(done: list[Built]) -> dict[str, int | None]:
    return {built.model.name: built.parts for built in done if not built.model.is_view}


def test_only_what_follows_from_a_change_is_built(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    market.ask("update vendor_orders set status = 'shipped' where vendor_order_id = 1")
    load(busy, pipeline_database_url)
    done = parts(build(busy))
    assert done["vendor_orders"] == done["vendor_daily"] == done["operator_daily"] == 1
    assert not {"cohorts", "offers", "payments", "stock_history", "events"} & done.keys()


def test_a_deleted_row_is_followed_by_building_whole(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    market.ask("delete from order_lines where line_id = 1")
    load(busy, pipeline_database_url)
    assert parts(build(busy))["order_lines"] is None
    assert deviations(busy) == {}


def test_what_committed_late_is_followed_too(
    busy: Warehouse, market: Market, database_url: str, pipeline_database_url: str
) -> None:
    with psycopg.connect(database_url) as late:
        late.execute("update vendor_orders set status = 'shipped' where vendor_order_id = 1")
        market.vendor()  # by a later transaction, which the load sees
        load_and_build(busy, pipeline_database_url)
        late.commit()
    load_and_build(busy, pipeline_database_url)
    assert deviations(busy) == {}


def test_what_is_deleted_leaves_a_small_mart_too(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    market.vendor("Idle")
    load_and_build(busy, pipeline_database_url)
    market.ask("delete from vendors where name = 'Idle'")
    load_and_build(busy, pipeline_database_url)
    assert busy.sql("from marts.vendors where name = 'Idle'").fetchall() == []
    assert deviations(busy) == {}


@pytest.mark.parametrize("is_new_table", [False, True])
def test_rows_read_anew_are_followed_by_building_whole(
    busy: Warehouse, market: Market, pipeline_database_url: str, *, is_new_table: bool
) -> None:
    """Also those that somebody changed past the triggers, which no row version tells of."""
    market.ask("alter table order_lines disable trigger stamp_row_version")
    market.ask("update order_lines set quantity = quantity + 1")
    if is_new_table:
        busy.sql("update ledger.load_tables set table_oid = 1 where table_name = 'order_lines'")
    load(busy, pipeline_database_url, full=not is_new_table)
    build(busy)
    assert deviations(busy) == {}


def test_another_time_zone_is_followed_by_building_whole(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    market.ask("update installation set time_zone = 'Pacific/Auckland'")
    market.ask("update vendor_orders set status = 'shipped' where vendor_order_id = 1")
    load_and_build(busy, pipeline_database_url)
    days = busy.sql("select distinct order_date from marts.vendor_orders order by all").fetchall()
    assert days == [(NOON.date() + timedelta(days=number),) for number in (1, 2)]
    assert deviations(busy) == {}


def test_another_time_zone_alone_is_followed_on_the_same_day(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)], ONE_IN_THE_MORNING)
    load_and_build(busy, pipeline_database_url)
    market.ask("update installation set time_zone = 'America/Los_Angeles'")
    load(busy, pipeline_database_url)
    busy.sql("update ledger.build set daily_date = daily_date + 1")  # no day turns
    build(busy)
    last = "select order_date from marts.orders order by order_id desc limit 1"
    assert busy.sql(last).fetchall() == [(NOON.date() - timedelta(days=1),)]
    assert deviations(busy) == {}


def test_marts_of_daily_cadence_are_built_when_the_markets_day_has_turned(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)], NOON)
    load_and_build(busy, pipeline_database_url)
    orders = "select sum(orders) from marts.cohorts where vendor_id is null"
    assert busy.sql(orders).fetchall() == [(4,)]
    busy.sql("update ledger.build set daily_date = daily_date - 1")
    build(busy)
    assert busy.sql(orders).fetchall() == [(5,)]
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)], NOON)
    load_and_build(busy, pipeline_database_url)
    assert busy.sql(orders).fetchall() == [(5,)], "until the next day"


def test_a_new_rule_is_asked_of_all_rows_though_nothing_was_loaded(
    busy: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = "select vendor_id from marts.vendors where name = ''"
    rule = Check("named", "marts.vendors", "a name", (parsed("checks", "named", nameless),))
    assert build(busy) == []
    monkeypatch.setattr("warehouse.build.checks", lambda: (*checks(), rule))
    assert parts(build(busy))["vendor_orders"] is None
    assert to_judge(busy) is None


def test_a_part_that_was_not_rebuilt_is_found(busy: Warehouse) -> None:
    busy.sql("update marts.vendor_daily set units = units + 1 where vendor_id = 1")
    assert deviations(busy) == {"marts.vendor_daily": 4}


def test_a_check_looks_only_at_what_changed(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    busy.sql("update marts.vendor_daily set placed_cents = 0 where vendor_id = 2")
    market.ask("update vendor_orders set status = 'shipped' where vendor_order_id = 1")
    load(busy, pipeline_database_url)
    build(busy)
    [check] = [check for check in checks() if check.name == "vendor_daily_sums_vendor_orders"]
    assert check.run(busy, to_judge(busy)).passed
    assert not check.run(busy).passed


def test_a_build_after_one_that_was_not_judged_is_judged_whole(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    for vendor_order_id in (1, 2):
        market.ask(
            "update vendor_orders set status = 'shipped' where vendor_order_id = %s",
            vendor_order_id,
        )
        load(busy, pipeline_database_url)
        build(busy)
        this = ledger.last_build(busy)
        assert this is not None
        ledger.record_checks(busy, this.build, [CheckResult("keys_are_unique", True)])
    assert to_judge(busy) is None, "one rule is not all of them"


def test_so_are_days_that_were_asked_for_after_it(
    busy: Warehouse, market: Market, pipeline_database_url: str
) -> None:
    days_marts = [model for model in models() if model.is_of_days]
    build_days(busy, days_marts, NOON.date(), NOON.date())
    assert to_judge(busy) is not None, "what was built before was judged"
    build_days(busy, days_marts, NOON.date(), NOON.date())
    assert to_judge(busy) is None
