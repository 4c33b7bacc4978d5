"""The whole story of a generated market, told as a history that the bulk path can load. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from rynek.history.frames import History
from rynek.history.reading import paid_in_full
from rynek.market import naming
from rynek.market.browsing import browse
from rynek.market.chance import stream
from rynek.market.events import events_of
from rynek.market.journal import price_changes, stock_moves
from rynek.market.prices import Prices, set_prices
from rynek.market.scale import Scale
from rynek.market.shelves import Stocked, serve
from rynek.market.trading import TIME_ZONE, moment, offer_ref, shopper_ref, trade, vendor_ref
from rynek.market.visits import DAY_SECONDS, needs_of, visits_of
from rynek.market.wishes import Wishes, joined, wishes_of
from rynek.market.words import DEPARTMENTS, REGIONS, SHELVES
from rynek.market.world import World, found

CURRENCY = "USD"


@dataclass(frozen=True)
class Chronicle:
    """What happened, and the truth behind it."""

    world: World
    prices: Prices
    wishes: Wishes
    stocked: Stocked
    first: date
    history: History


def chronicle(scale: Scale, seed: int, until: date) -> Chronicle:
    """A market's story up to the day before `until`: the same arguments, the same frames."""
    first = until - timedelta(days=scale.days)
    world = found(scale, seed)
    prices = set_prices(world)
    visits = visits_of(world, first)
    needs = needs_of(world, visits, first)
    lists = browse(world, prices, visits, needs)
    once, repeats = wishes_of(world, prices, visits, needs, lists)
    wishes = joined([once, repeats])
    stocked = serve(world, wishes)
    trading = trade(world, prices, wishes.only(stocked.is_served), first)
    history = History.of(
        source_of(scale, seed, until.isoformat()),
        CURRENCY,
        TIME_ZONE,
        vendors=_vendors(world, first),
        categories=_categories(),
        products=_products(world, first),
        offers=_offers(world, prices, stocked, first),
        prices=price_changes(prices, first),
        stock_moves=stock_moves(world, stocked, trading, first),
        shoppers=_shoppers(world, first),
        orders=trading.orders,
        vendor_orders=trading.vendor_orders,
        lines=trading.lines,
        payments=paid_in_full(trading.orders, trading.vendor_orders, trading.lines),
        events=events_of(world, visits, needs, lists, repeats, first),
    )
    return Chronicle(world, prices, wishes, stocked, first, history)


def source_of(scale: Scale, seed: int, until: str) -> str:
    """The name under which a generated market's rows are found again."""
    return f"generated:{scale.name}:{seed}:{until}"


def _vendors(world: World, first: date) -> pl.DataFrame:
    rng = stream(world.seed, "vendor regions")
    return pl.DataFrame(
        {
            "number": np.arange(world.scale.vendors),
            "name": naming.vendor_names(world),
            "region": rng.choice(REGIONS, size=world.scale.vendors),
            "ships_within_days": world.vendors.ships_within_days,
            "second": 0.0,
        }
    ).select(
        "name",
        "region",
        "ships_within_days",
        ref=vendor_ref("number"),
        country=pl.lit("US"),
        created_at=moment(first, "second"),
    )


def _categories() -> pl.DataFrame:
    departments = pl.DataFrame({"ref": DEPARTMENTS, "name": DEPARTMENTS})
    shelves = pl.DataFrame(
        {
            "ref": [f"{shelf.department}/{shelf.name}" for shelf in SHELVES],
            "parent_ref": [shelf.department for shelf in SHELVES],
            "name": [shelf.name for shelf in SHELVES],
        }
    )
    return pl.concat([departments, shelves], how="diagonal")


def _products(world: World, first: date) -> pl.DataFrame:
    shelves = [SHELVES[shelf] for shelf in world.products.shelf]
    return naming.products(world).with_columns(
        ref=_product_ref(np.arange(len(shelves))),
        category_ref=pl.Series([f"{shelf.department}/{shelf.name}" for shelf in shelves]),
        created_at=_opening(first),
    )


def _product_ref(number: np.ndarray) -> pl.Series:
    return "p" + pl.Series(number).cast(pl.String).str.zfill(7)


def _offers(world: World, prices: Prices, stocked: Stocked, first: date) -> pl.DataFrame:
    offers = pl.DataFrame(
        {
            "number": np.arange(len(world.offers.product)),
            "vendor": world.offers.vendor,
            "product_ref": _product_ref(world.offers.product),
            "price_cents": prices.last(),
            "received_units": stocked.received_units,
        }
    )
    return offers.select(
        "product_ref",
        "price_cents",
        "received_units",
        ref=offer_ref("number"),
        vendor_ref=vendor_ref("vendor"),
        sku=vendor_ref("vendor").str.to_uppercase()
        + "-"
        + pl.col("product_ref").str.to_uppercase(),
        status=pl.lit("active"),
        created_at=_opening(first),
    )


def _shoppers(world: World, first: date) -> pl.DataFrame:
    rng = stream(world.seed, "shopper regions")
    domain = f"@{world.scale.name}-{world.seed}.{first.isoformat()}.example"
    return pl.DataFrame(
        {
            "number": np.arange(world.scale.shoppers),
            "name": naming.shopper_names(world),
            "region": rng.choice(REGIONS, size=world.scale.shoppers),
            "second": world.shoppers.joined_day * float(DAY_SECONDS),
        }
    ).select(
        "name",
        "region",
        ref=shopper_ref("number"),
        email=shopper_ref("number") + domain,
        country=pl.lit("US"),
        created_at=moment(first, "second"),
    )


def _opening(first: date) -> pl.Expr:
    return moment(first, pl.lit(0.0))
