import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse import reconcile
from warehouse.checks import Check, checks, reconciled, rules, run
from warehouse.errors import MartsMissing
from warehouse.expectations import Judge, frames, suites

Warehouse = duckdb.DuckDBPyConnection

# How each check is made to fail: one fault in an otherwise sound warehouse.
FAULTS = {
    "interactions_hold_every_purchase": "delete from marts.interactions where type = 'purchase'",
    "journals_balance": "insert into source.postings values (1, 1, 1, 5, 3)",
    "keys_are_unique": "insert into marts.vendors from marts.vendors",
    "order_lines_are_all_there": "delete from marts.order_lines",
    "orders_sum_vendor_orders": "update marts.orders set items_cents = items_cents + 1",
    "product_daily_sums_order_lines": "update marts.product_daily set sales_cents = 0",
    "stock_adds_up": "update source.stock set available_units = available_units + 1",
    "vendor_daily_is_dense": "insert into marts.vendor_daily (vendor_id, order_date) "
    "values (1, '2026-03-01')",
    "vendor_daily_sums_vendor_orders": "update marts.vendor_daily set net_cents = net_cents - 1",
    "vendor_orders_net": "update marts.vendor_orders set net_cents = net_cents + 1",
    "vendor_orders_sum_lines": "update marts.order_lines set processing_cents = 0",
}


@pytest.fixture
def sound(market: Market, warehouse: Warehouse, pipeline_database_url: str) -> Warehouse:
    """A warehouse in which everything is as it should be."""
    cup, bowl = market.offer(market.vendor(), 1000), market.offer(market.vendor(), 333)
    shopper = market.shopper()
    market.order(shopper, [(cup, 1), (bowl, 3)])
    market.event("view", shopper.pseudonym, cup)
    load_and_build(warehouse, pipeline_database_url)
    return warehouse


def test_a_sound_warehouse_breaks_no_rule(sound: Warehouse) -> None:
    assert [result for check in checks() if not (result := check.run(sound)).passed] == []
    assert reconcile.by_day(sound) == []


def test_every_check_is_known_to_fail_on_something() -> None:
    assert FAULTS.keys() == {check.name for check in checks()}


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_a_fault_is_found_by_its_check(check: Check, sound: Warehouse) -> None:
    sound.sql(FAULTS[check.name])
    result = check.run(sound)
    assert not result.passed
    assert check.rule in result.detail


def test_a_row_lost_in_the_load_shows_on_its_day(sound: Warehouse) -> None:
    sound.sql("delete from source.order_lines where line_cents = 999")
    [difference] = reconcile.by_day(sound)
    assert (difference.table, str(difference.day)) == ("order_lines", "2026-03-10")
    assert (difference.source_rows, difference.warehouse_rows) == (2, 1)
    assert (difference.source_cents, difference.warehouse_cents) == (1999, 1000)
    assert not reconciled(sound).passed


@pytest.mark.slow
def test_great_expectations_names_what_is_not_sound_and_is_not_asked_twice(
    sound: Warehouse,
) -> None:
    with Judge() as judge:
        results = run(sound, judge)
        assert {result.name for result in results} == rules().keys()
        assert [result for result in results if not result.passed] == []
        again = run(sound, judge)
        assert (again, judge.is_idle) == (results, True)
        sound.sql("update marts.vendor_orders set status = 'lost'")
        sound.sql("update marts.vendor_daily set customers = orders + 1")
        sound.sql("alter table marts.offers rename price_cents to price")
        verdicts = {result.name: result for result in judge.verdicts(frames(sound))}
    assert {name for name, verdict in verdicts.items() if not verdict.passed} == {
        suite.name for suite in suites()
    }
    assert "lost" in verdicts["statuses_are_known"].detail


def test_nothing_is_judged_before_it_is_built(warehouse: Warehouse) -> None:
    with Judge() as judge, pytest.raises(MartsMissing):
        run(warehouse, judge)
