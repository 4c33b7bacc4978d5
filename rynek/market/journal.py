"""What moved prices and stock over time, as the core would have written it down."""

from datetime import date

import numpy as np
import polars as pl

from rynek.market.chance import Ints
from rynek.market.prices import CHANGE_EVERY_DAYS, Prices
from rynek.market.shelves import DELIVERY_EVERY_DAYS, Stocked
from rynek.market.trading import Trade, moment, offer_ref
from rynek.market.visits import DAY_SECONDS
from rynek.market.world import World


def price_changes(prices: Prices, first: date) -> pl.DataFrame:
    """The history's prices: a row where an offer begins, and where its price changed."""
    is_new = np.ones(prices.cents.shape, dtype=bool)
    is_new[:, 1:] = prices.cents[:, 1:] != prices.cents[:, :-1]
    offer, period = np.nonzero(is_new)
    return _dated(offer, period * CHANGE_EVERY_DAYS, first, "from_at").with_columns(
        price_cents=prices.cents[offer, period]
    )


def stock_moves(world: World, stocked: Stocked, trading: Trade, first: date) -> pl.DataFrame:
    """The history's journal of stock: deliveries, sales, and units that lapsed orders held.

    Those were served to nobody else, so they come back with the last count.
    """
    return pl.concat(
        [_deliveries(stocked, first), *_of_orders(world, trading, first)], how="diagonal"
    ).with_columns(pl.col("available_units", "held_units", "sold_units").fill_null(0))


def _deliveries(stocked: Stocked, first: date) -> pl.DataFrame:
    units = stocked.delivered_units
    comes = units > 0
    comes[:, 0] = True
    offer, number = np.nonzero(comes)
    return _dated(offer, number * DELIVERY_EVERY_DAYS, first, "occurred_at").with_columns(
        kind=pl.when(pl.Series(number == 0)).then(pl.lit("opened")).otherwise(pl.lit("restocked")),
        available_units=units[offer, number],
    )


def _of_orders(world: World, trading: Trade, first: date) -> list[pl.DataFrame]:
    lines = trading.lines.join(
        trading.orders.select("status", "placed_at", order_ref="ref"), on="order_ref"
    ).select("offer_ref", "status", units="quantity", occurred_at="placed_at")
    taken = lines.with_columns(available_units=-pl.col("units"))
    lapsed = taken.filter(pl.col("status") == "cancelled").drop("status")
    end = moment(first, pl.lit(world.scale.days * DAY_SECONDS - 1.0))
    return [
        taken.filter(pl.col("status") == "paid").select(
            "offer_ref", "available_units", "occurred_at", kind=pl.lit("sold"), sold_units="units"
        ),
        lapsed.rename({"units": "held_units"}).with_columns(kind=pl.lit("held")),
        lapsed.select(
            "offer_ref",
            kind=pl.lit("released"),
            available_units="units",
            held_units=-pl.col("units"),
            occurred_at=end,
        ),
    ]


def _dated(offer: Ints, day: Ints, first: date, name: str) -> pl.DataFrame:
    rows = pl.DataFrame({"offer": offer, "second": day * float(DAY_SECONDS)})
    return rows.select(offer_ref=offer_ref("offer"), **{name: moment(first, "second")})
