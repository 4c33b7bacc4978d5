"""Cards: said only where the numbers carry them, with effects inside their intervals."""

from typing import Any

import polars as pl
import pytest

from models.insights.advise import advise
from models.insights.cards import MOST_CARDS, MOST_OF_A_KIND, SCHEMA, ranked
from models.insights.cross_sell import cross_sell
from models.insights.price import LARGEST_STEP, price
from models.insights.service import late_shipment
from models.insights.stock import lost_sales, restock, slow_stock

LISTING = {
    "vendor_id": 1,
    "offer_id": 10,
    "product_id": 100,
    "title": "Green tea",
    "price_cents": 1_000,
    "available_units": 3,
    "month_units": 28.0,
    "days_of_cover": 3.0,
    "lead_days": 7,
    "order_units": 40,
    "closed_days": 12.0,
    "lost_units": 8.4,
    "lost_low": 4,
    "lost_high": 13,
    "saved_units": 25.0,
    "saved_low": 14.0,
    "saved_high": 36.0,
    "excess_units": 0.0,
    "excess_low": 0.0,
    "excess_high": 0.0,
    "lowest_cents": 800.0,
    "highest_cents": 1_150.0,
    "elasticity": -0.4,
    "elasticity_error": 0.1,
    "is_refused": False,
}


def listing(**given: Any) -> pl.DataFrame:
    return pl.DataFrame([LISTING | given])


def the(cards: pl.DataFrame) -> dict[str, Any]:
    [card] = cards.to_dicts()
    assert card["effect_low_cents"] <= card["effect_cents"] <= card["effect_high_cents"]
    return card


def test_lost_sales_say_what_a_stock_out_cost_and_what_to_order() -> None:
    card = the(lost_sales(listing()))
    assert card["what"] == "“Green tea” was sold out on 12 days"
    assert "about 8.4 units" in card["why"]
    assert "(4 to 13)" in card["why"]
    assert card["action"] == "Order 40 units"
    assert card["effect_cents"] == 8_400


def test_a_restock_card_comes_before_the_shelf_is_empty() -> None:
    card = the(restock(listing()))
    assert card["what"] == "“Green tea” runs out in about 3 days"
    assert card["why"].startswith("3 units left, 28 a month expected")
    assert restock(listing(order_units=0)).is_empty()


def test_slow_stock_is_told_only_when_even_good_sales_leave_some() -> None:
    slow = {"available_units": 200, "days_of_cover": 400.0, "excess_units": 110.0}
    card = the(slow_stock(listing(**slow, excess_low=80.0, excess_high=140.0)))
    assert card["effect_cents"] == 110_000
    assert slow_stock(listing(**slow, excess_low=4.0, excess_high=140.0)).is_empty()
    assert not slow_stock(listing(**slow, excess_low=5.0, excess_high=140.0)).is_empty()


NOTHING = {
    "panel": ("offer_id", "week", "price_cents", "units", "days"),
    "service": ("vendor_id", "due_orders", "late_orders", "waiting_orders", "order_cents"),
    "pairs": (
        "vendor_id", "offer_id", "product_id", "title", "other_title", "price_cents", "both_orders",
        "product_orders", "lift", "month_orders",
    ),
}  # fmt: skip


def test_what_sells_beyond_the_stock_and_what_is_left_of_it_follow_from_the_forecast() -> None:
    told = ("offer_id", "title", "price_cents")
    unsure = {"dispersion": 1.0, "level_variance": 0.0, "lost_units": 0.0}
    scarce = LISTING | unsure
    slow = scarce | {
        "offer_id": 11, "available_units": 200, "month_units": 14.0, "days_of_cover": 400.0,
    }  # fmt: skip
    forecasts = pl.DataFrame([scarce, slow])
    nothing = {
        name: pl.DataFrame(
            schema={column: pl.String if "title" in column else pl.Int64 for column in columns}
        )
        for name, columns in NOTHING.items()
    }
    cards = advise(
        forecasts.select(*told, category=pl.lit("Tea")),
        forecasts.drop("title", "price_cents"),
        **nothing,
        late_norm=0.04,
    )
    ends = ("effect_low_cents", "effect_cents", "effect_high_cents")
    # Poisson sales of 28 a month lie between 20 and 37, of 90 in half a year between 75 and 106.
    assert cards.select("kind", *ends).rows() == [
        ("restock", 17_000, 25_000, 34_000),
        ("slow_stock", 94_000, 110_000, 125_000),
    ]


def test_a_price_moves_towards_more_revenue_by_a_tenth_at_most_and_within_what_was_seen() -> None:
    dearer = the(price(listing()))
    assert dearer["action"] == "Try it 10.0 % dearer"
    assert dearer["step"] == LARGEST_STEP
    assert dearer["effect_cents"] == pytest.approx(28 * 1_000 * (1.1**0.6 - 1), abs=1)
    cheaper = the(price(listing(elasticity=-2.5, elasticity_error=0.3, lowest_cents=950.0)))
    assert cheaper["action"] == "Try it 5.0 % cheaper"
    assert "not proven" in cheaper["why"]
    cheap_once = listing(elasticity=-2.5, elasticity_error=0.3, lowest_cents=500.0)
    assert the(price(cheap_once))["action"] == "Try it 10.0 % cheaper"


@pytest.mark.parametrize(
    "unsure",
    [
        {"is_refused": True},
        {"elasticity": -1.1},
        {"elasticity": -0.8, "elasticity_error": 0.5},
        {"highest_cents": 1_000.0},
        {"highest_cents": 1_019.0},
    ],
)
def test_a_price_is_left_alone_where_the_sign_is_not_clear_or_the_step_is_small(
    unsure: dict[str, Any],
) -> None:
    assert price(listing(**unsure)).is_empty()


def test_a_vendor_is_warned_before_a_norm_is_missed_while_orders_wait() -> None:
    vendors = pl.DataFrame(
        {
            "vendor_id": [1, 2, 3, 4, 5],
            "due_orders": [100, 100, 100, 3, 100],
            "late_orders": [5, 0, 9, 1, 3],
            "waiting_orders": [4, 4, 0, 4, 4],
            "order_cents": [2_000] * 5,
        }
    )
    card = the(late_shipment(vendors, 0.04))
    assert card["vendor_id"] == 1
    assert card["why"].startswith("5 of 100 orders in 30 days (5.0 %)")
    # Of four that wait 4 × 5.5 / 120 would be late: a fifth of an order, at most one.
    assert "at this pace 0.2 of the 4 orders that wait" in card["why"]
    assert [card[f"effect{end}_cents"] for end in ("_low", "", "_high")] == [0, 367, 2_000]
    assert the(ranked([late_shipment(vendors, 0.04)]))["confidence"] == "low"
    assert late_shipment(vendors.clear(), 0.04).is_empty()


def test_a_vendor_that_keeps_the_norm_by_a_hair_is_warned_too() -> None:
    """7 of 200 are 3.5 %: above 4 % with a chance of .28; 6 of 200 with one of .17."""
    vendors = pl.DataFrame(
        {
            "vendor_id": [1, 2],
            "due_orders": [200, 200],
            "late_orders": [7, 6],
            "waiting_orders": [4, 4],
            "order_cents": [2_000] * 2,
        }
    )
    card = the(late_shipment(vendors, 0.04))
    assert card["vendor_id"] == 1
    assert card["what"] == "Late shipments are close to the market's norm"
    on_it = vendors.head(1).with_columns(due_orders=100, late_orders=4)
    assert the(late_shipment(on_it, 0.04))["what"] == card["what"], "4 % is at most 4 %"


def test_products_sell_together_only_where_chance_is_surely_not_enough() -> None:
    pair = {
        "vendor_id": 1,
        "offer_id": 10,
        "product_id": 100,
        "title": "Tea",
        "other_title": "Mug",
        "price_cents": 2_000,
        "both_orders": 25,
        "product_orders": 100,
        "lift": 3.0,
        "month_orders": 40,
    }
    card = the(cross_sell(pl.DataFrame([pair])))
    assert "25 orders held both, 3.0 times" in card["why"]
    assert card["effect_cents"] == 10_000
    assert cross_sell(pl.DataFrame([pair | {"both_orders": 5}])).is_empty()
    few, enough = (pl.DataFrame([pair | {"both_orders": n, "lift": 9.0}]) for n in (4, 5))
    assert (cross_sell(few).height, cross_sell(enough).height) == (0, 1)


def test_the_best_come_first_a_few_of_a_kind_and_slow_stock_last() -> None:
    many = pl.concat([listing(offer_id=n, lost_units=float(n), lost_high=99) for n in range(2, 9)])
    slow = listing(excess_units=900.0, excess_low=800.0, excess_high=1_000.0, days_of_cover=999.0)
    cards = ranked([lost_sales(many), slow_stock(slow), restock(listing())])
    assert cards.schema == SCHEMA
    assert cards["rank"].to_list() == list(range(1, cards.height + 1))
    assert cards.filter(pl.col("kind") == "lost_sales")["offer_id"].to_list() == [8, 7, 6]
    assert cards["kind"][0] == "restock"
    assert cards["kind"][-1] == "slow_stock"
    assert cards.height <= MOST_CARDS
    assert cards.group_by("kind").len()["len"].max() <= MOST_OF_A_KIND


def test_a_vendor_is_told_the_ten_best_however_much_there_is_to_say() -> None:
    of_two_vendors = [listing(vendor_id=v, offer_id=n) for v in (1, 1, 1, 2) for n in (v * 9, 99)]
    many = pl.concat(of_two_vendors)
    slow = many.with_columns(
        excess_units=9.0, excess_low=8.0, excess_high=10.0, days_of_cover=999.0
    )
    cards = ranked([lost_sales(many), restock(many), price(many), slow_stock(slow)])
    of_first, of_second = (cards.filter(vendor_id=vendor_id) for vendor_id in (1, 2))
    assert of_first["rank"].to_list() == list(range(1, 11))
    assert of_second["rank"].to_list() == list(range(1, 9)), "two of each kind"


def test_confidence_is_how_narrow_the_interval_is() -> None:
    cards = ranked(
        [
            lost_sales(listing(lost_low=7, lost_high=10)),
            restock(listing(vendor_id=2)),
            restock(listing(vendor_id=3, saved_low=0.0, saved_high=60.0)),
        ]
    )
    assert cards["confidence"].to_list() == ["high", "medium", "low"]


def test_an_interval_holds_its_effect_even_where_hardly_anything_sells() -> None:
    hardly = listing(excess_units=14.9, excess_low=15.0, excess_high=15.0, days_of_cover=900.0)
    assert the(ranked([slow_stock(hardly)]))["effect_low_cents"] == 14_900
