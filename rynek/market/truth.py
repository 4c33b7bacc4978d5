"""The ground truth of a generated market, kept aside so that models and metrics can be judged."""

import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from psycopg import Connection, sql

from rynek.history.copying import query
from rynek.market.chronicle import Chronicle
from rynek.market.prices import CHANGE_EVERY_DAYS
from rynek.market.words import SHELVES


def write_truth(story: Chronicle, connection: Connection, folder: Path) -> None:
    """Write one Parquet file per table of truth, with database ids, and truth.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in _tables(story, connection).items():
        table.write_parquet(folder / f"{name}.parquet")
    (folder / "truth.json").write_text(json.dumps(_summary(story), indent=2) + "\n")


def _tables(story: Chronicle, connection: Connection) -> dict[str, pl.DataFrame]:
    ids = {name: _ids(connection, story.history.source, name) for name in _IDS}
    world = story.world
    return {
        "shoppers": ids["shoppers"].with_columns(
            factors=_rows(world.shoppers.factors),
            visits_a_year=world.shoppers.visits_a_year,
        ),
        "products": ids["products"].with_columns(
            factors=_rows(world.products.factors),
            popularity=world.products.popularity,
            elasticity=world.products.elasticity,
            repeat_days=pl.Series([SHELVES[shelf].repeat_days for shelf in world.products.shelf]),
        ),
        "vendors": ids["vendors"].with_columns(
            late_probability=world.vendors.late_probability,
        ),
        "prices": _prices(story, ids["offers"]),
        "demand": _demand(story, ids["offers"]),
    }


_IDS = {
    "shoppers": "select shopper_pseudonym from shoppers where source = {} order by source_ref",
    "products": "select product_id from products where source = {} order by source_ref",
    "vendors": "select vendor_id from vendors where source = {} order by source_ref",
    "offers": (
        "select offer_id from offers join vendors using (vendor_id)"
        " join products using (product_id)"
        " where vendors.source = {} order by products.source_ref, vendors.source_ref"
    ),
}
_KEYS = {
    "shoppers": "shopper_pseudonym",
    "products": "product_id",
    "vendors": "vendor_id",
    "offers": "offer_id",
}


def _ids(connection: Connection, source: str, name: str) -> pl.DataFrame:
    """Database keys in the order of the world's arrays: refs are numbers of one width."""
    select = sql.SQL(_IDS[name]).format(sql.Literal(source))
    return query(connection, select, {_KEYS[name]: pl.Int64})


def _rows(factors: np.ndarray) -> pl.Series:
    return pl.Series(factors.tolist(), dtype=pl.List(pl.Float64))


def _prices(story: Chronicle, offers: pl.DataFrame) -> pl.DataFrame:
    """offer_id, from_date, price_cents, usual_price_cents: one row per offer and period."""
    offers_count, periods = story.prices.cents.shape
    days = [story.first + timedelta(days=CHANGE_EVERY_DAYS * period) for period in range(periods)]
    return pl.DataFrame(
        {
            "offer_id": np.repeat(offers["offer_id"].to_numpy(), periods),
            "from_date": days * offers_count,
            "price_cents": story.prices.cents.ravel(),
            "usual_price_cents": np.repeat(story.world.offers.base_price_cents, periods),
        }
    )


def _demand(story: Chronicle, offers: pl.DataFrame) -> pl.DataFrame:
    """offer_id, order_date, wished_units, lost_units: what was wanted, and what stock-outs cost."""
    wishes = story.wishes
    return (
        pl.DataFrame(
            {
                "offer_id": offers["offer_id"].to_numpy()[wishes.offer],
                "day": wishes.day,
                "wished_units": wishes.units,
                "lost_units": np.where(story.stocked.is_served, 0, wishes.units),
            }
        )
        .group_by("offer_id", "day")
        .agg(pl.col("wished_units", "lost_units").sum())
        .select(
            "offer_id",
            "wished_units",
            "lost_units",
            order_date=pl.lit(story.first) + pl.duration(days=pl.col("day")),
        )
        .sort("offer_id", "order_date")
    )


def _summary(story: Chronicle) -> dict[str, object]:
    last = story.first + timedelta(days=story.world.scale.days - 1)
    return {
        "source": story.history.source,
        "seed": story.world.seed,
        "scale": asdict(story.world.scale),
        "first_date": story.first.isoformat(),
        "last_date": last.isoformat(),
        "time_zone": story.history.time_zone,
        "wished_units": int(story.wishes.units.sum()),
        "lost_units": int(story.wishes.units[~story.stocked.is_served].sum()),
        "shelves": [asdict(shelf) for shelf in SHELVES],
    }
