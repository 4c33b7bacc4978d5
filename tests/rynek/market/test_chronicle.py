"""The generated market's story: plausible, repeatable, and true to what it says of itself."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from rynek.history.frames import History
from rynek.market.chronicle import Chronicle, chronicle
from rynek.market.errors import ScaleUnknownError
from rynek.market.scale import SCALES, scale_named
from rynek.market.shelves import DELIVERY_EVERY_DAYS

UNTIL = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, 5, tzinfo=UTC)  # in New York


@pytest.fixture(scope="module")
def small() -> Chronicle:
    return chronicle(SCALES["small"], 7, UNTIL)


@pytest.fixture(scope="module")
def history(small: Chronicle) -> History:
    return small.history


@pytest.fixture(scope="module")
def bought(history: History) -> pl.DataFrame:
    """Lines with their order's time and shopper, and their product's category."""
    orders = history.orders.select("placed_at", "shopper_ref", order_ref="ref")
    offers = history.offers.select("product_ref", offer_ref="ref")
    products = history.products.select("category_ref", product_ref="ref")
    return (
        history.lines.join(orders, on="order_ref")
        .join(offers, on="offer_ref")
        .join(products, on="product_ref")
    )


def test_the_same_seed_tells_the_same_story() -> None:
    once, again = (chronicle(SCALES["tiny"], 3, UNTIL).history.frames() for _ in range(2))
    assert all(once[name].equals(again[name]) for name in once)


def test_another_seed_tells_another_story() -> None:
    one, other = (chronicle(SCALES["tiny"], seed, UNTIL).history for seed in (3, 4))
    assert not one.orders.equals(other.orders)
    assert not one.products.equals(other.products)


def test_the_market_has_the_size_it_was_asked_for(history: History) -> None:
    assert history.vendors.height == 200
    assert history.offers.height == 5_000
    assert history.shoppers.height == 2_000
    assert history.orders["placed_at"].dt.date().n_unique() >= 360
    assert set(history.events["type"].unique()) == {"search", "impression", "click", "view", "cart"}


def test_an_unknown_scale_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ScaleUnknownError, match="tiny, small"):
        scale_named("huge")


def test_every_vendor_has_a_name_of_its_own_and_something_to_sell(history: History) -> None:
    assert history.vendors["name"].n_unique() == history.vendors.height
    assert history.offers["vendor_ref"].n_unique() == history.vendors.height
    assert history.offers.select("vendor_ref", "sku").is_unique().all()


def test_nothing_happens_after_the_last_day(history: History) -> None:
    latest = [
        history.orders.select(pl.max_horizontal("placed_at", "paid_at", "cancelled_at")),
        history.vendor_orders.select(pl.max_horizontal("shipped_at", "delivered_at")),
        history.events.select("occurred_at"),
    ]
    assert all(times.to_series().max() < MIDNIGHT for times in latest)


def test_orders_go_forward_in_time(history: History) -> None:
    parts = history.vendor_orders.join(
        history.orders.select("ref", "placed_at", "paid_at"), left_on="order_ref", right_on="ref"
    )
    for earlier, later in [
        ("placed_at", "paid_at"), ("paid_at", "shipped_at"), ("shipped_at", "delivered_at"),
    ]:  # fmt: skip
        assert (parts[later] >= parts[earlier]).all()
    assert set(parts["status"].unique()) == {"paid", "shipped", "delivered", "cancelled"}


def test_what_is_bought_was_put_in_the_cart_before(history: History, bought: pl.DataFrame) -> None:
    carts = history.events.filter(pl.col("type") == "cart").select(
        "shopper_ref", "offer_ref", carted_at="occurred_at"
    )
    before = bought.join(carts, on=["shopper_ref", "offer_ref"]).filter(
        pl.col("carted_at") < pl.col("placed_at")
    )
    assert before.select("order_ref", "offer_ref").n_unique() == history.lines.height


def test_what_is_clicked_was_shown_in_that_list_at_that_rank(history: History) -> None:
    key = ["list_id", "rank", "offer_ref", "shopper_ref"]
    events = history.events
    clicks = events.filter(pl.col("type") == "click").select(key)
    shown = events.filter(pl.col("type") == "impression").select(key)
    assert clicks.join(shown, on=key, how="anti").is_empty()
    assert shown.is_unique().all()


def test_popularity_is_skewed(history: History) -> None:
    sold = history.lines.group_by("offer_ref").len()["len"].sort(descending=True)
    assert sold.head(sold.len() // 10).sum() > 0.35 * sold.sum()


def test_sundays_are_busier_than_tuesdays(history: History) -> None:
    local = history.orders["placed_at"].dt.convert_time_zone("America/New_York")
    days = local.dt.weekday().value_counts().sort("placed_at")["count"].to_list()
    assert days[6] > 1.1 * days[1]


def test_gardens_are_bought_for_in_spring(bought: pl.DataFrame) -> None:
    seeds = bought.filter(pl.col("category_ref") == "Garden/Seeds")["placed_at"].dt.month()
    assert seeds.is_in([2, 3, 4, 5]).sum() > 3 * seeds.is_in([8, 9, 10, 11]).sum()


def test_late_vendors_ship_late_more_often(small: Chronicle) -> None:
    late_prone = {
        f"v{number:05d}" for number in np.flatnonzero(small.world.vendors.late_probability > 0.2)
    }
    shipped = small.history.vendor_orders.filter(pl.col("shipped_at").is_not_null()).with_columns(
        is_late=pl.col("shipped_at") > pl.col("ship_by_at"),
        is_prone=pl.col("vendor_ref").is_in(list(late_prone)),
    )
    share = dict(shipped.group_by("is_prone").agg(pl.col("is_late").mean()).iter_rows())
    assert share[True] > 0.15
    assert share[False] < 0.08


def test_sales_stop_where_the_stock_ran_out(small: Chronicle) -> None:
    wishes, is_served = small.wishes, small.stocked.is_served
    sold = np.bincount(wishes.offer[is_served], wishes.units[is_served], minlength=5_000)
    assert (sold <= small.stocked.received_units).all()
    assert 0.03 < 1 - is_served.mean() < 0.2, "some demand is lost, most is served"
    paid = small.history.orders.filter(pl.col("status") == "paid")
    lines = small.history.lines
    assert lines["quantity"].sum() == wishes.units[is_served].sum()
    assert 0.9 < paid.height / small.history.orders.height < 1


def test_nobody_is_refused_what_is_still_there(small: Chronicle) -> None:
    """Wish by wish in time, as a shopkeeper would."""
    wishes, came = small.wishes, small.stocked.delivered_units.cumsum(axis=1)
    sold = dict.fromkeys(range(5_000), 0)
    for wish in np.argsort(wishes.second, kind="stable"):
        offer, units = int(wishes.offer[wish]), int(wishes.units[wish])
        fits = sold[offer] + units <= came[offer, wishes.day[wish] // DELIVERY_EVERY_DAYS]
        assert small.stocked.is_served[wish] == fits
        sold[offer] += units * fits


def test_demand_follows_the_price_by_the_elasticities_that_are_told(small: Chronicle) -> None:
    """Of those who click, so many fewer put it in the cart as elasticity × log price says."""
    offers, products = small.world.offers, small.world.products
    events = small.history.events.filter(pl.col("list_id").is_not_null())
    offer = pl.col("offer_ref").str.slice(1).cast(pl.Int64)
    clicks, carts = (
        events.filter(pl.col("type") == kind).select(offer, "occurred_at", "list_id")
        for kind in ("click", "cart")
    )
    seen = clicks.join(carts, on=["list_id", "offer_ref"], how="left")
    number = seen["offer_ref"].to_numpy()
    local = seen["occurred_at"].dt.convert_time_zone("America/New_York").dt.date()
    day = (local - small.first).dt.total_days().to_numpy()
    ratio = small.prices.at(number, day) / offers.base_price_cents[number]
    expected = products.elasticity[offers.product[number]] * np.log(ratio)
    is_carted = seen["occurred_at_right"].is_not_null().to_numpy()
    cheap, dear = expected > 0.15, expected < -0.1
    found = np.log(is_carted[cheap].mean() / is_carted[dear].mean())
    told = np.log(np.exp(expected[cheap]).mean() / np.exp(expected[dear]).mean())
    assert found == pytest.approx(told, abs=0.12)


def test_consumables_are_bought_again_after_their_interval(bought: pl.DataFrame) -> None:
    coffee = bought.filter(pl.col("category_ref") == "Pantry/Coffee").sort("placed_at")
    same = pl.col("placed_at").diff().over("shopper_ref", "product_ref")
    gaps = coffee.select(same.dt.total_days()).drop_nulls().to_series()
    assert len(gaps) > 50
    assert gaps.median() == pytest.approx(24, abs=5)
