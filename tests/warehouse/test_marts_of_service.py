"""Service, refunds and stock against figures done by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build

Warehouse = duckdb.DuckDBPyConnection

NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)  # in New York


def on(days: float) -> datetime:
    return NOON + timedelta(days=days)


def day(number: int) -> date:
    return NOON.date() + timedelta(days=number)


def test_every_promise_is_dated_by_its_own_day(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup = market.offer(market.vendor())

    def served(status: str, **columns: Any) -> int:
        order_id = market.order(market.shopper(), [(cup, 1)], NOON, status=status)
        fixed = {"ship_by_at": on(2), "deliver_by_date": day(5)} | columns
        for name, value in fixed.items():
            market.ask(f"update vendor_orders set {name} = %s where order_id = %s", value, order_id)
        return order_id

    in_time = served("delivered", shipped_at=on(1), delivered_at=on(5))
    served("delivered", shipped_at=on(3), delivered_at=on(6))  # late twice
    served("paid")  # not shipped yet
    served("cancelled", cancelled_at=on(3), cancel_reason="not_shipped")
    served("cancelled", cancelled_at=on(0), cancel_reason="shopper")
    # Shipped late all the same.
    served("cancelled", shipped_at=on(3), cancelled_at=on(4), cancel_reason="shopper")
    market.dispute(in_time, on(9))
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select service_date, paid_orders, cancelled_orders, cancelled_by_vendor_orders,
                  defective_orders, due_orders, shipped_late_orders, unshipped_orders,
                  promised_orders, on_time_orders from marts.service_daily order by all"""
    ).fetchall() == [
        (day(0), 6, 3, 1, 2, 0, 0, 0, 0, 0),
        (day(2), 0, 0, 0, 0, 4, 2, 1, 0, 0),
        (day(5), 0, 0, 0, 0, 0, 0, 0, 3, 1),
    ]


def test_a_deadline_is_a_moment_and_a_promise_lasts_to_the_end_of_the_markets_day(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    order_id = market.order(
        market.shopper(), [(market.offer(market.vendor()), 1)], NOON, status="delivered"
    )
    # Deadline and delivery at 22:48 in New York, which is the day after in UTC.
    market.ask(
        """update vendor_orders set ship_by_at = %s, shipped_at = %s, deliver_by_date = %s,
               delivered_at = %s where order_id = %s""",
        on(2.45), on(2.45), day(5), on(5.45), order_id,
    )  # fmt: skip
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select ship_by_date, is_shipped_late, deliver_by_date, is_delivered_on_time
           from marts.service"""
    ).fetchall() == [(day(2), False, day(5), True)]


def test_an_order_is_defective_by_a_dispute_a_bad_review_that_stands_or_the_vendors_cancelling(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup = market.offer(market.vendor())
    told = {
        name: market.order(market.shopper(), [(cup, 1)], NOON, status=status)
        for name, status in (
            ("disputed", "delivered"), ("two stars", "delivered"), ("three stars", "delivered"),
            ("one star, removed", "delivered"), ("by the vendor", "cancelled"),
            ("not shipped", "cancelled"), ("by the shopper", "cancelled"),
            ("not paid", "pending_payment"),
        )
    }  # fmt: skip
    market.dispute(told["disputed"])
    for name, stars in (("two stars", 2), ("three stars", 3), ("one star, removed", 1)):
        line = "select line_id from order_lines where order_id = %s"
        market.review(market.value(line, told[name]), stars)
    market.ask("update reviews set removed_at = now() where stars = 1")
    for name, reason in (
        ("by the vendor", "vendor"), ("not shipped", "not_shipped"), ("by the shopper", "shopper"),
    ):  # fmt: skip
        reasoned = "update vendor_orders set cancel_reason = %s where order_id = %s"
        market.ask(reasoned, reason, told[name])
    load_and_build(warehouse, pipeline_database_url)
    judged = warehouse.sql(
        "select order_id, is_disputed or is_complained_of or is_cancelled_by_vendor"
        " from marts.service"
    )
    defective = {"disputed", "two stars", "by the vendor", "not shipped"}
    assert dict(judged.fetchall()) == {
        order_id: name in defective for name, order_id in told.items() if name != "not paid"
    }
    assert warehouse.sql(
        "select paid_orders, defective_orders from marts.service_daily"
    ).fetchall() == [(7, 4)]


def test_a_refund_is_dated_by_its_sale_and_by_the_day_its_money_left(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup = market.offer(market.vendor(), 1_000)
    orders = [market.order(market.shopper(), [(cup, 2)], on(days)) for days in (0, 1)]
    market.refund(orders[0], on(3.45))  # an evening; the day after in UTC
    market.refund(orders[1], None)  # asked for, not paid back yet
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select sale_date, refund_date, quantity, items_cents, shipping_cents, refunded_cents,
                  is_booked from marts.refunds order by all"""
    ).fetchall() == [
        (day(0), day(3), 2, 2_000, 490, 2_490, True),
        (day(1), None, 2, 2_000, 490, 2_490, False),
    ]
    assert warehouse.sql(
        """select order_date, sales_cents, refunded_of_sales_cents, refunded_of_sales_units,
                  refunded_cents from marts.vendor_daily order by all"""
    ).fetchall() == [
        (day(0), 2_000, 2_000, 2, 0),
        (day(1), 2_000, 0, 0, 0),
        (day(2), 0, 0, 0, 0),
        (day(3), 0, 0, 0, 2_000),
    ]


def test_a_shelf_is_empty_from_its_last_unit_to_the_next_delivery(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    vendor_id = market.vendor()
    cup, bowl = market.offer(vendor_id, units=12), market.offer(vendor_id, units=5)
    for offer_id, kind, available, held, sold, days in (
        (cup, "opened", 10, 0, 0, 0), (bowl, "opened", 5, 0, 0, 1), (cup, "sold", -6, 0, 6, 2),
        (cup, "sold", -4, 0, 4, 2.45), (cup, "restocked", 12, 0, 0, 4), (cup, "held", -2, 2, 0, 4),
    ):  # fmt: skip
        market.move_stock(offer_id, kind, available, held, sold, on(days))
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        "select offer_id, began_at, ended_at from marts.stock_outs"
    ).fetchall() == [(cup, on(2.45), on(4))]
    assert warehouse.sql(
        """select from_date, until_date, listed_offers, out_offers, available_units
           from marts.stock_levels order by all"""
    ).fetchall() == [
        (day(0), day(1), 1, 0, 10),
        (day(1), day(2), 2, 0, 15),
        (day(2), day(4), 2, 1, 5),
        (day(4), None, 2, 0, 15),
    ]
    assert warehouse.sql(
        f"""select move_date, moves, available_units, held_units, sold_units, received_units
            from marts.stock_history where offer_id = {cup} order by all"""
    ).fetchall() == [
        (day(0), 1, 10, 0, 0, 10),
        (day(2), 2, 0, 0, 10, 10),
        (day(4), 2, 10, 2, 10, 22),
    ]
