"""What forecasts and insights are made of, on a market that one can do in one's head."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from tests.warehouse.market import Market, Shopper
from tests.warehouse.steps import load_and_build
from warehouse.advice.inputs import DAYS, Inputs
from warehouse.advice.keeping import keep
from warehouse.errors import CheckFailed, MartsMissing

MONDAY = datetime(2026, 3, 9, 16, tzinfo=UTC)  # noon in New York


Read = Callable[[], Inputs]


def on(days: int, hour: int = 12) -> datetime:
    return MONDAY + timedelta(days=days, hours=hour - 12)


@pytest.fixture
def tea(market: Market) -> int:
    """An offer at 10.00, from its second Monday at 12.00; sold on four days, out on two."""
    offer = market.offer(market.vendor(), 1_000, units=100)
    market.ask("delete from offer_prices")
    for price, days in ((1_000, -3), (1_200, 7)):
        market.ask(
            "insert into offer_prices (offer_id, price_cents, from_at) values (%s, %s, %s)",
            offer, price, on(days, hour=0),
        )  # fmt: skip
    market.ask("update offers set created_at = %s", on(-3))
    loyal, other = market.shopper(), market.shopper()
    for days, shopper, units in ((0, loyal, 2), (1, other, 1), (8, loyal, 3), (13, loyal, 1)):
        market.order(shopper, [(offer, units)], on(days))
    market.order(market.shopper(), [(offer, 5)], on(5), status="cancelled")
    market.ask("alter table stock_moves disable trigger all; delete from stock_moves")
    for kind, units, moment in (
        ("opened", 10, on(-3, 0)), ("sold", -10, on(2, 12)), ("restocked", 90, on(4, 0)),
    ):  # fmt: skip
        market.ask(
            """insert into stock_moves (offer_id, kind, available_units, held_units, sold_units,
                   occurred_at) values (%s, %s, %s, 0, 0, %s)""",
            offer, kind, units, moment,
        )  # fmt: skip
    return offer


@pytest.fixture
def inputs(
    market: Market, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str
) -> Read:
    """Load and build what there is by now, and read it."""

    def read() -> Inputs:
        load_and_build(warehouse, pipeline_database_url)
        return Inputs.of(warehouse)

    return read


def test_sales_and_spells_are_told_in_days_of_the_year_before(tea: int, inputs: Read) -> None:
    found = inputs()
    assert found.last == date(2026, 3, 22)
    begin = (date(2026, 3, 9) - found.first).days
    sold = found.sales.sort("day")
    assert (sold["day"] - begin).to_list() == [0, 1, 8, 13]
    assert sold["units"].to_list() == [2, 1, 3, 1]
    [(offer, begins, ends)] = found.spells.rows()
    assert (offer, begins - begin, ends - begin) == (tea, 2.5, 4)
    [listing] = found.listings.to_dicts()
    assert listing["opening_day"] == begin - 3


def test_a_shelf_that_is_empty_still_is_so_to_the_end_of_the_last_day(
    tea: int, market: Market, inputs: Read
) -> None:
    market.move_stock(tea, "sold", -90, sold=90, occurred_at=on(12))
    found = inputs()
    assert found.spells.sort("begins").rows()[-1] == (tea, DAYS - 1.5, DAYS)


def test_the_day_that_still_runs_is_left_out(
    tea: int, inputs: Read, warehouse: duckdb.DuckDBPyConnection
) -> None:
    inputs()
    warehouse.sql("update ledger.loads set taken_at = '2026-03-23 03:00:00+00'")
    assert Inputs.of(warehouse).last == date(2026, 3, 17), "still the 22nd in New York"


@pytest.mark.parametrize("table", ["offers", "vendors"])
def test_what_is_not_on_sale_is_no_listing(
    table: str,
    tea: int,
    market: Market,
    inputs: Read,
) -> None:
    market.ask(
        f"update {table} set status = %s", {"offers": "paused", "vendors": "suspended"}[table]
    )
    assert inputs().listings.is_empty()


def test_pairs_are_of_one_vendor_told_of_what_is_bought_more(market: Market, inputs: Read) -> None:
    vendor_id = market.vendor()
    cup, saucer = market.offer(vendor_id, 900), market.offer(vendor_id, 300)
    bowl, shopper = market.offer(market.vendor()), market.shopper()
    for days in range(3):
        market.order(shopper, [(cup, 1), (saucer, 1), (bowl, 1)], on(days))
    for days in (3, -40):
        market.order(shopper, [(cup, 1)], on(days))
    [pair] = inputs().pairs.to_dicts()
    title = "select title from products join offers using (product_id) where offer_id = %s"
    [[told], [other]] = market.ask(title, cup), market.ask(title, saucer)
    assert (pair["vendor_id"], pair["offer_id"], pair["price_cents"]) == (vendor_id, cup, 300)
    assert (pair["title"], pair["other_title"]) == (told[0], other[0])
    assert (pair["both_orders"], pair["product_orders"], pair["lift"]) == (3, 5, 1.0)
    assert pair["month_orders"] == 4, "one was more than 28 days ago"
    market.ask("update offers set status = 'paused' where offer_id = %s", saucer)
    assert inputs().pairs.is_empty(), "nobody could buy the other"


def test_service_is_what_fell_due_in_thirty_days_and_what_waits(
    market: Market, inputs: Read
) -> None:
    vendor_id = market.vendor()
    cup, mug = market.offer(vendor_id, 1_000), market.offer(vendor_id, 2_000)
    for offer, placed, due, shipped in (
        (cup, -40, -30, -20), (cup, -30, -27, -20), (cup, 0, 1, 2), (cup, 0, 1, 1),
        (cup, 0, 1, None), (mug, 2, 9, None),
    ):  # fmt: skip
        status = "paid" if shipped is None else "shipped"
        order_id = market.order(market.shopper(), [(offer, 1)], on(placed), status=status)
        market.ask(
            "update vendor_orders set ship_by_at = %s, shipped_at = %s where order_id = %s",
            on(due), None if shipped is None else on(shipped), order_id,
        )  # fmt: skip
    # The thirty days end with the last order's; they begin on day −27.
    assert inputs().service.rows() == [(vendor_id, 4, 3, 2, 1_500)]


def test_the_panel_counts_new_buyers_and_open_days_at_each_price(tea: int, inputs: Read) -> None:
    panel = inputs().panel
    told = panel.group_by("price_cents").agg(pl.col("units", "days").sum()).sort("price_cents")
    # At 10.00 ten days, one and a half of them sold out; the loyal shopper's repeats do not count.
    assert told.rows() == [(1_000, 2, 8.5), (1_200, 0, 7.0)]


def test_who_bought_before_the_panel_begins_is_no_new_buyer(
    tea: int, market: Market, inputs: Read
) -> None:
    [loyal, _] = market.ask("select shopper_id, shopper_pseudonym from shoppers order by 1 limit 2")
    market.order(Shopper(*loyal), [(tea, 1)], on(-400))
    assert inputs().panel["units"].sum() == 1, "the other one"


def test_days_of_a_promotion_are_out_of_the_panel(
    tea: int,
    market: Market,
    inputs: Read,
) -> None:
    market.ask(
        """insert into promotions (vendor_id, name, rate, starts_at, ends_at)
           select vendor_id, 'Spring', 1000, %s, %s from offers""",
        on(7, hour=0), on(10, hour=0),
    )  # fmt: skip
    panel = inputs().panel
    assert panel.filter(pl.col("price_cents") == 1_200)["days"].sum() == 4


@pytest.mark.parametrize("whose", ["another vendor's", "another product's"])
def test_promotions_of_others_leave_the_panel_as_it_is(
    whose: str,
    tea: int,
    market: Market,
    inputs: Read,
) -> None:
    [(own_id,)] = market.ask("select vendor_id from offers")
    other = market.offer(market.vendor() if whose == "another vendor's" else own_id)
    product = "product_id" if whose == "another product's" else "null"
    market.ask(
        f"""insert into promotions (vendor_id, product_id, name, rate, starts_at, ends_at)
            select vendor_id, {product}, 'Spring', 1000, %s, %s from offers where offer_id = %s""",
        on(7, hour=0), on(10, hour=0), other,
    )  # fmt: skip
    panel = inputs().panel
    assert panel.filter(pl.col("price_cents") == 1_200)["days"].sum() == 7


@pytest.mark.parametrize(("promoted", "open_days"), [("Drinks", 4), ("Toys", 7)])
def test_a_promotion_of_a_category_reaches_what_lies_below_it_and_nothing_else(
    promoted: str,
    open_days: int,
    tea: int,
    market: Market,
    inputs: Read,
) -> None:
    drinks, toys = market.category("Drinks"), market.category("Toys")
    market.ask("update products set category_id = %s", market.category("Tea", drinks))
    market.ask(
        """insert into promotions (vendor_id, category_id, name, rate, starts_at, ends_at)
           select vendor_id, %s, 'Spring', 1000, %s, %s from offers""",
        {"Drinks": drinks, "Toys": toys}[promoted], on(7, hour=0), on(10, hour=0),
    )  # fmt: skip
    panel = inputs().panel
    assert panel.filter(pl.col("price_cents") == 1_200)["days"].sum() == open_days


def test_a_price_that_never_changed_tells_nothing(market: Market, inputs: Read) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    assert inputs().panel.is_empty()


def test_there_is_nothing_to_forecast_before_the_first_build(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(MartsMissing):
        Inputs.of(warehouse)


CARD = {
    "vendor_id": 1,
    "kind": "restock",
    "offer_id": 1,
    "product_id": 1,
    "what": "a",
    "why": "b",
    "action": "c",
    "effect_cents": 5,
    "effect_low_cents": 1,
    "effect_high_cents": 9,
    "confidence": "low",
    "rank": 1,
    "advised_date": date(2026, 3, 9),
}


@pytest.mark.parametrize("wrong", [{"effect_cents": 10}, {"why": None}, {"rank": 2}])
def test_cards_that_break_a_rule_are_refused_and_the_old_ones_stay(
    wrong: dict[str, object], warehouse: duckdb.DuckDBPyConnection
) -> None:
    keep(warehouse, "marts.insights", pl.DataFrame([CARD]))
    broken = [CARD | {"rank": 2}, CARD | wrong]
    with pytest.raises(CheckFailed, match=r"marts\.insights"):
        keep(warehouse, "marts.insights", pl.DataFrame(broken))
    assert warehouse.sql("select rank from marts.insights").fetchall() == [(1,)]
