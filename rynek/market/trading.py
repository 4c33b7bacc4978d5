"""From served wishes to orders: baskets, payment, shipping, delivery."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from rynek.history.folder import utc
from rynek.market.chance import Floats, stream
from rynek.market.prices import Prices
from rynek.market.visits import DAY_SECONDS
from rynek.market.wishes import Wishes
from rynek.market.world import World
from transactional.money import FLAT_SHIPPING_CENTS

TIME_ZONE = "America/New_York"
CANCELLED = 0.025
HOLD_SECONDS = 900.0
CHECKOUT_SECONDS = (90.0, 600.0)
TRANSIT_DAYS = (1.0, 5.0)


@dataclass(frozen=True)
class Trade:
    """What becomes the history's orders, vendor_orders and lines."""

    orders: pl.DataFrame
    vendor_orders: pl.DataFrame
    lines: pl.DataFrame


def moment(first: date, second: str | pl.Expr) -> pl.Expr:
    """`second`, seconds since the first day's midnight in the market's zone, as UTC."""
    seconds = pl.col(second) if isinstance(second, str) else second
    since = pl.duration(microseconds=(seconds * 1e6).round().cast(pl.Int64))
    local = pl.lit(first).cast(pl.Datetime("us")) + since
    return utc(local, TIME_ZONE)


def trade(world: World, prices: Prices, wishes: Wishes, first: date) -> Trade:
    """Orders of the (served) `wishes`."""
    rng = stream(world.seed, "trading")
    lines = _lines(world, prices, wishes)
    orders = _orders(rng, lines)
    vendor_orders = _vendor_orders(rng, world, lines, orders)
    return Trade(
        _told_orders(orders, first), _told_vendor_orders(vendor_orders, first), _told_lines(lines)
    )


def _told_orders(orders: pl.DataFrame, first: date) -> pl.DataFrame:
    return orders.select(
        "status",
        ref=order_ref("basket"),
        shopper_ref=shopper_ref("shopper"),
        placed_at=moment(first, "placed"),
        paid_at=moment(first, "paid"),
        cancelled_at=moment(first, "cancelled"),
    )


def _told_vendor_orders(vendor_orders: pl.DataFrame, first: date) -> pl.DataFrame:
    return vendor_orders.select(
        "status",
        order_ref=order_ref("basket"),
        vendor_ref=vendor_ref("vendor"),
        shipping_cents=pl.lit(FLAT_SHIPPING_CENTS, pl.Int64),
        ship_by_at=moment(first, "ship_by"),
        shipped_at=moment(first, "shipped"),
        delivered_at=moment(first, "delivered"),
    )


def _told_lines(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.select(
        order_ref=order_ref("basket"),
        offer_ref=offer_ref("offer"),
        quantity="units",
        line_cents=pl.col("price_cents") * pl.col("units"),
    )


def order_ref(column: str) -> pl.Expr:
    return pl.lit("o") + pl.col(column).cast(pl.String).str.zfill(8)


def shopper_ref(column: str) -> pl.Expr:
    return pl.lit("s") + pl.col(column).cast(pl.String).str.zfill(7)


def vendor_ref(column: str) -> pl.Expr:
    return pl.lit("v") + pl.col(column).cast(pl.String).str.zfill(5)


def offer_ref(column: str) -> pl.Expr:
    return pl.lit("f") + pl.col(column).cast(pl.String).str.zfill(7)


def _lines(world: World, prices: Prices, wishes: Wishes) -> pl.DataFrame:
    """One line per basket and offer, at the price of the day."""
    return (
        pl.DataFrame(
            {
                "basket": wishes.basket,
                "shopper": wishes.shopper,
                "offer": wishes.offer,
                "vendor": world.offers.vendor[wishes.offer],
                "units": wishes.units,
                "second": wishes.second,
                "price_cents": prices.at(wishes.offer, wishes.day),
            }
        )
        .group_by("basket", "offer")
        .agg(pl.col("units").sum(), pl.col("shopper", "vendor", "second", "price_cents").first())
        .sort("basket", "offer")
    )


def _orders(rng: np.random.Generator, lines: pl.DataFrame) -> pl.DataFrame:
    orders = lines.group_by("basket").agg(
        pl.col("shopper").first(), pl.col("second").max()
    ).sort("basket")  # fmt: skip
    count = orders.height
    placed = pl.col("second") + pl.Series(rng.uniform(*CHECKOUT_SECONDS, count))
    is_paid = pl.Series(rng.random(count) >= CANCELLED)
    paying = pl.Series(rng.uniform(15.0, 120.0, count))
    return orders.with_columns(placed=placed, is_paid=is_paid, paying=paying).with_columns(
        status=pl.when("is_paid").then(pl.lit("paid")).otherwise(pl.lit("cancelled")),
        paid=pl.when("is_paid").then(pl.col("placed") + pl.col("paying")),
        cancelled=pl.when(~pl.col("is_paid")).then(pl.col("placed") + HOLD_SECONDS),
    )


def _vendor_orders(
    rng: np.random.Generator, world: World, lines: pl.DataFrame, orders: pl.DataFrame
) -> pl.DataFrame:
    """Shipped and delivered as far as time went on: nothing happens after the last day."""
    parts = lines.select("basket", "vendor").unique(maintain_order=True).join(
        orders.select("basket", "paid"), on="basket", maintain_order="left"
    )  # fmt: skip
    vendor = parts["vendor"].to_numpy()
    promise = world.vendors.ships_within_days[vendor].astype(np.float64)
    handling = _handling_days(rng, promise, world.vendors.late_probability[vendor])
    transit = rng.uniform(*TRANSIT_DAYS, len(vendor))
    end = float(world.scale.days * DAY_SECONDS)
    return (
        parts.with_columns(
            ship_by=pl.col("paid") + pl.Series(promise * DAY_SECONDS),
            shipped=_happened(pl.col("paid") + pl.Series(handling * DAY_SECONDS), end),
        )
        .with_columns(
            delivered=_happened(pl.col("shipped") + pl.Series(transit * DAY_SECONDS), end)
        )
        .with_columns(status=_status())
    )


def _handling_days(rng: np.random.Generator, promise: Floats, late: Floats) -> Floats:
    in_time = promise * rng.uniform(0.15, 0.95, len(promise))
    overdue = promise + 0.5 + rng.exponential(2.0, len(promise))
    return np.where(rng.random(len(promise)) < late, overdue, in_time)


def _happened(second: pl.Expr, end: float) -> pl.Expr:
    return pl.when(second < end).then(second)


def _status() -> pl.Expr:
    return (
        pl.when(pl.col("paid").is_null())
        .then(pl.lit("cancelled"))
        .when(pl.col("delivered").is_not_null())
        .then(pl.lit("delivered"))
        .when(pl.col("shipped").is_not_null())
        .then(pl.lit("shipped"))
        .otherwise(pl.lit("paid"))
    )
