from collections.abc import Iterator

import duckdb
import psycopg
import pytest
import sqlglot

from tests.conftest import Databases
from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build
from warehouse import reconcile, store
from warehouse.checks import RECONCILED, Check, checks, key_check, reconciled, rules, run
from warehouse.errors import MartsMissing
from warehouse.expectations import Judge, frames, suites
from warehouse.graph import Model, models

Warehouse = duckdb.DuckDBPyConnection

# How each check is made to fail: one fault in an otherwise sound warehouse.
FAULTS = {
    "affinity_is_bounded": """insert into marts.affinity (product_id, other_product_id, both_orders,
        product_orders, other_orders) values (1, 2, 3, 2, 9)""",
    "category_daily_sums_product_daily": """insert into marts.category_daily (category_id,
        order_date, units, sales_cents) values (1, '2026-03-10', 0, 5)""",
    "cohorts_sum_to_the_market": "delete from marts.cohorts where vendor_id is not null",
    "funnel_narrows": "update marts.funnel_daily set sessions = 0",
    "interactions_hold_every_purchase": "delete from marts.events",
    "journals_balance": "insert into source.postings values (1, 1, 1, 5, 3)",
    "lists_are_those_of_events": """insert into marts.list_daily (event_date, searches,
        recommendations) values ('2026-03-01', 1, 0)""",
    "operator_daily_holds_every_day": """insert into marts.refunds (refund_line_id, refund_date,
        items_cents, is_booked) values (1, '2026-05-01', 5, true)""",
    "operator_daily_sums_orders": "update marts.operator_daily set placed_cents = placed_cents + 1",
    "order_lines_are_all_there": "delete from marts.order_lines",
    "orders_sum_vendor_orders": "update marts.orders set items_cents = items_cents + 1",
    "payments_are_their_orders": """insert into marts.payments (payment_id, order_id, amount_cents,
        source) values (1, 1, 1, 'live')""",
    "product_daily_sums_listing_forecasts": """insert into marts.forecasts (offer_id, first_date)
        values (1, '2026-03-12'); delete from marts.product_daily""",
    "product_daily_sums_order_lines": "update marts.product_daily set sales_cents = 0",
    "recent_order_items_sum_vendor_orders": """update marts.recent_order_items
        set line_cents = line_cents + 1""",
    "refunds_net": """insert into marts.refunds (refund_line_id, vendor_cents, refunded_cents,
        commission_cents, commission_tax_cents, processing_cents, withheld_tax_cents)
        values (1, 5, 4, 0, 0, 0, 0)""",
    "refunds_stay_within_sales": """insert into marts.refunds (vendor_order_id, refunded_cents,
        is_booked) select vendor_order_id, items_cents + shipping_cents + 1, true
        from marts.vendor_orders""",
    "rfm_segments_sum_to_the_market": "delete from marts.rfm_segments where vendor_id is null",
    "search_terms_are_shared": "insert into marts.search_terms (term, shoppers) values ('cup', 4)",
    "service_daily_sums_service": "update marts.service_daily set paid_orders = 0",
    "service_holds_every_paid_order": "delete from marts.service",
    "sessions_hold_every_event": "delete from marts.session_vendors",
    "sessions_sum_session_vendors": "delete from marts.sessions",
    "stock_adds_up": "update source.stock set available_units = available_units + 1",
    "stock_history_ends_in_stock": """insert into marts.stock_history (offer_id, available_units,
        held_units, sold_units) select offer_id, 1, 0, 0 from source.stock""",
    "stock_levels_sum_stock_history": """insert into marts.stock_levels (vendor_id, from_date,
        listed_offers, out_offers, available_units) values (1, '2026-03-01', 1, 0, 5)""",
    "stock_outs_are_spells": """insert into marts.stock_outs (offer_id, began_at)
        values (1, '2026-03-01'), (1, '2026-03-02')""",
    "vendor_daily_is_dense": "insert into marts.vendor_daily (vendor_id, order_date) "
    "values (1, '2026-03-01')",
    "vendor_daily_sums_vendor_orders": "update marts.vendor_daily set net_cents = net_cents - 1",
    "vendor_orders_net": "update marts.vendor_orders set net_cents = net_cents + 1",
    "vendor_orders_sum_lines": "update marts.order_lines set processing_cents = 0",
    "keys_are_unique": "insert into marts.vendors from marts.vendors",
}


@pytest.fixture(scope="module")
def judged(
    databases: Databases, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """A warehouse in which everything is as it should be."""
    with (
        databases.fresh(migrated_template) as address,
        psycopg.connect(address, autocommit=True) as connection,
        store.opened(tmp_path_factory.mktemp("sound")) as warehouse,
    ):
        market = Market(connection).opened()
        cup, bowl = market.offer(market.vendor(), 1000), market.offer(market.vendor(), 333)
        shopper = market.shopper()
        market.order(shopper, [(cup, 1), (bowl, 3)])
        market.event("view", shopper.pseudonym, cup)
        load_and_build(warehouse, address)
        yield warehouse


@pytest.fixture
def sound(judged: Warehouse) -> Iterator[Warehouse]:
    """The same, whatever earlier tests broke in it."""
    judged.begin()
    yield judged
    judged.rollback()


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


STORED = [model for model in models() if model.key and not model.is_view]


@pytest.mark.parametrize("mart", STORED, ids=lambda mart: mart.name)
def test_a_key_that_names_two_rows_is_found_in_every_mart(mart: Model, sound: Warehouse) -> None:
    sound.sql(f"insert into {mart.target} ({mart.key[0]}) values (null), (null)")
    result = key_check().run(sound)
    assert not result.passed
    assert f"'mart': '{mart.name}'" in result.detail


def test_a_listing_with_two_forecasts_is_found(sound: Warehouse) -> None:
    sound.sql("insert into marts.forecasts (offer_id) select offer_id from marts.offers, range(2)")
    result = key_check().run(sound)
    assert not result.passed
    assert "'mart': 'listing_forecasts'" in result.detail


def test_a_row_lost_in_the_load_shows_on_its_day(sound: Warehouse) -> None:
    sound.sql("delete from source.order_lines where line_cents = 999")
    [difference] = reconcile.by_day(sound)
    assert (difference.table, str(difference.day)) == ("order_lines", "2026-03-10")
    assert (difference.source_rows, difference.warehouse_rows) == (2, 1)
    assert (difference.source_cents, difference.warehouse_cents) == (1999, 1000)
    assert not reconciled(sound).passed


def test_an_event_that_cost_nothing_is_missed_and_one_too_many_is_found(sound: Warehouse) -> None:
    sound.sql("insert into source.behaviour_events from source.behaviour_events")
    [twice] = reconcile.by_day(sound)
    assert (twice.table, twice.source_rows, twice.warehouse_rows) == ("behaviour_events", 1, 2)
    sound.sql("update source.behaviour_events set occurred_at = occurred_at + interval 1 day")
    lost, extra = reconcile.by_day(sound)
    assert (lost.table, str(lost.day)) == ("behaviour_events", "2026-03-10")
    assert (lost.source_rows, lost.warehouse_rows) == (1, 0)
    assert (str(extra.day), extra.source_rows, extra.warehouse_rows) == ("2026-03-11", 0, 2)


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
        sound.sql(
            "update source.order_lines set line_cents = line_cents + 1 where line_cents = 999"
        )
        late = [result.name for result in run(sound, judge) if not result.passed]
        assert (late, judge.is_idle) == ([RECONCILED], True), "each load is counted anew"
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


def test_a_check_tells_offenders_by_the_column_that_it_is_narrowed_by() -> None:
    narrowed = {
        model.name: (model.window.column, sqlglot.parse_one(model.sql, dialect="duckdb"))
        for check in checks()
        for model in check.models
        if model.window
    }
    silent = [name for name, (column, sql) in narrowed.items() if column not in sql.named_selects]
    assert silent == []
    assert "recent_order_items_sum_vendor_orders" in narrowed
