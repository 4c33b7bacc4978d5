"""What is told of where written tables' columns come from, held to what moves them."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
from dagster import AssetKey, TableColumnDep

from models.demand.listings import outlook
from models.demand.reorder import Policy
from models.insights.advise import advise
from pipelines.definitions import defs
from pipelines.keys import BENCHMARKS, FORECASTS, INSIGHTS, LOST_SALES, PLACEMENTS
from warehouse.advice.inputs import DAYS
from warehouse.shapes import shapes
from warehouse.written import ORIGINS, QUERIES, reads

Tables = dict[str, pl.DataFrame]
Compute = Callable[[Tables], Tables]

GRAPH = defs.resolve_asset_graph()
COUNT, FIRST = 24, date(2026, 1, 5)
NUMBER = np.arange(COUNT)
# What moves only where something crosses a bound: a card's grade, its place, a price's direction,
# a norm.
BY_BOUNDS = re.compile(r"\.(confidence|rank) ←|\.(what|action) ← panel\.|\.what ← service\.")
AS_IDS = (1_000, 1)  # every id another one, in the old order
A_LITTLE, LESS, MORE = (0, 1.04), (0, 0.4), (0, 1.9)


def listings() -> pl.DataFrame:
    """One listing per vendor, so that every vendor has at most one card of a kind."""
    return pl.DataFrame(
        {
            "offer_id": NUMBER + 1,
            "product_id": NUMBER + 101,
            "vendor_id": NUMBER + 201,
            "title": [f"Tea {number}" for number in NUMBER],
            "category": [f"Shelf {number // 8}" for number in NUMBER],
            "price_cents": 500 + 10 * NUMBER,
            "available_units": 3 + NUMBER,
            "opening_day": np.where(NUMBER % 4 == 0, 200, 0),
        }
    )


def history() -> Tables:
    """A year's sales of fast and slow listings, each of which was out of stock twice."""
    rng = np.random.default_rng(7)
    units = rng.poisson(np.where(NUMBER % 3, 1 + NUMBER / 4, 0.02), (DAYS, COUNT))
    units[:, NUMBER < 8] *= rng.integers(0, 4, (DAYS, 8))
    units[:320, NUMBER % 4 == 0] = 0
    units[300:310] = units[330:334] = 0
    day, listing = np.nonzero(units)
    return {
        "listings": listings(),
        "sales": pl.DataFrame({"offer_id": listing + 1, "day": day, "units": units[day, listing]}),
        "spells": pl.concat(
            pl.DataFrame({"offer_id": NUMBER + 1, "begins": begins, "ends": ends})
            for begins, ends in ((300.0, 310.0), (330.0, 334.0))
        ),
        "marts.vendor_orders": pl.DataFrame({"order_date": [FIRST]}),
    }


def foreseen(asked: Tables) -> Tables:
    first = asked["marts.vendor_orders"]["order_date"][0]
    found = outlook(asked["listings"], asked["sales"], asked["spells"], first, DAYS, Policy())
    return {"marts.forecasts": found.forecasts, "marts.lost_sales": found.lost}


def prospects() -> Tables:
    """Listings about which every kind of card has something to say."""
    is_short = NUMBER % 2 == 0
    forecasts = pl.DataFrame(
        {
            "offer_id": NUMBER + 1,
            "product_id": NUMBER + 101,
            "vendor_id": NUMBER + 201,
            "available_units": np.where(is_short, 3, 900),
            "month_units": np.where(is_short, 40.0, 20.0),
            "dispersion": 1.3,
            "level_variance": 0.01,
            "days_of_cover": np.where(is_short, 2.1, 1_260.0),
            "lead_days": 7,
            "order_units": np.where(is_short, 60, 0),
            "closed_days": 12.0,
            "lost_units": 8.4,
            "lost_low": 4,
            "lost_high": 13,
        }
    )
    return {
        "listings": listings(),
        "marts.forecasts": forecasts,
        "panel": panel(),
        "service": pl.DataFrame(
            {
                "vendor_id": NUMBER + 201,
                "due_orders": 100 + NUMBER,
                "late_orders": 9,
                "waiting_orders": 200,
                "order_cents": 2_000 + NUMBER,
            }
        ),
        "pairs": pl.DataFrame(
            {
                "vendor_id": NUMBER + 201,
                "offer_id": NUMBER + 1,
                "product_id": NUMBER + 101,
                "title": "Tea",
                "other_title": "Pot",
                "price_cents": 900,
                "both_orders": 60,
                "product_orders": 200,
                "lift": 4.0,
                "month_orders": 30,
            }
        ),
    }


def panel() -> pl.DataFrame:
    """Weeks at two prices, of which the dearer hardly lost a sale."""
    rng = np.random.default_rng(3)
    listing, week = (part.ravel() for part in np.divmod(np.arange(COUNT * 52), 52))
    is_dear = (week // 4 + listing) % 2 == 1
    return pl.DataFrame(
        {
            "offer_id": listing + 1,
            "week": week,
            "price_cents": np.where(is_dear, 600, 480) + 10 * listing,
            "units": rng.poisson(np.where(is_dear, 58, 60)),
            "days": 7.0 - (week + listing) % 3,
        }
    )


def advised(asked: Tables) -> Tables:
    tables = (asked[name] for name in ("listings", "marts.forecasts", "panel", "service", "pairs"))
    return {"marts.insights": advise(*tables, 0.04)}


def moved(compute: Compute, given: Tables, changes: Mapping[str, list[pl.Expr]]) -> set[str]:
    """`target.column ← query.column`, of each change the columns of the results that it moves."""
    before = compute(given)
    found = set()
    for name, others in changes.items():
        query, _, column = name.rpartition(".")
        for other in others:
            changed = given[query].with_columns(
                other.cast(given[query][column].dtype).alias(column)
            )
            after = compute(given | {query: changed})
            for target, rows in before.items():
                moves = differing(rows, after[target])
                found |= {f"{target}.{moving} ← {name}" for moving in moves}
    return found


def differing(before: pl.DataFrame, after: pl.DataFrame) -> set[str]:
    """The columns that differ; of cards only where there are as many of a kind as before, and
    places only where there are as many cards."""
    if "kind" not in before.columns:
        return unequal(before, after)
    kept = set(before.columns) - ({"rank"} if after.height != before.height else set())
    return kept & {
        column
        for (kind,), cards in before.group_by("kind")
        for others in [after.filter(pl.col("kind") == kind)]
        if others.height == cards.height
        for column in unequal(cards, others)
    }


def unequal(before: pl.DataFrame, after: pl.DataFrame) -> set[str]:
    before, after = sorted_by_owner(before), sorted_by_owner(after)
    if before.height == after.height:
        return {name for name in before.columns if not before[name].equals(after[name])}
    return {name for name in before.columns if set(before[name]) != set(after[name])}


def sorted_by_owner(rows: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in ("vendor_id", "offer_id", "sale_date") if name in rows.columns]
    return rows.sort(names)


def told(targets: list[str], changes: Mapping[str, list[pl.Expr]]) -> set[str]:
    """The same, as it is told, as far as it is of what was changed."""
    return {
        f"{target}.{column} ← {part}"
        for target in targets
        for column, parts in ORIGINS[target].items()
        for part in parts.split()
        if part in changes
    }


def by(name: str, *steps: tuple[float, float]) -> list[pl.Expr]:
    return [pl.col(name) * factor + more for more, factor in steps]


def others(name: str) -> list[pl.Expr]:
    if name.endswith("_id"):
        return by(name, AS_IDS)
    return [*by(name, A_LITTLE, LESS, MORE), pl.col(name).reverse()]


def test_forecasts_and_lost_sales_come_of_what_moves_them_and_of_nothing_else() -> None:
    changes = {
        "listings.product_id": by("product_id", AS_IDS),
        "listings.vendor_id": by("vendor_id", AS_IDS),
        "listings.category": [pl.lit("Shelf"), pl.format("Shelf {}", pl.col("offer_id") % 3)],
        "listings.price_cents": by("price_cents", (7, 1)),
        "listings.available_units": by("available_units", (5, 2)),
        "listings.opening_day": by("opening_day", (0, 0), (105, 1)),
        "sales.day": [pl.col("day").reverse(), pl.col("day") // 2 + 150],
        "sales.units": [pl.col("units") * (pl.col("day") % 5 + 1)],
        "spells.begins": by("begins", (-1.5, 1), (-80, 1)),
        "spells.ends": by("ends", (1.5, 1), (30, 1)),
        "marts.vendor_orders.order_date": [pl.lit(FIRST + timedelta(days=7))],
    }
    found = moved(foreseen, history(), changes)
    said = told(["marts.forecasts", "marts.lost_sales"], changes)
    assert (sorted(found - said), sorted(said - found)) == ([], [])


def test_cards_come_of_what_moves_them_and_what_moves_them_is_told() -> None:
    given = prospects()
    changes = {
        f"{query}.{name}": others(name)
        for query, rows in given.items()
        for name, kind in rows.schema.items()
        if kind.is_numeric() and name != "offer_id"
    } | {
        "listings.title": [pl.lit("Coffee")],
        "pairs.title": [pl.lit("Coffee")],
        "pairs.other_title": [pl.lit("Cup")],
    }
    found, said = moved(advised, given, changes), told(["marts.insights"], changes)
    said_surely = {pair for pair in said if not BY_BOUNDS.search(pair)}
    assert (sorted(found - said), sorted(said_surely - found)) == ([], [])


def test_every_column_of_a_written_table_is_told_of_in_its_order() -> None:
    assert {target: list(ORIGINS[target]) for target in ORIGINS} == {
        target: list(shapes()[target]) for target in ORIGINS
    }


def test_a_written_table_follows_from_all_that_its_queries_read() -> None:
    assert GRAPH.get(BENCHMARKS).parent_keys >= {
        AssetKey(["marts", "refunds"]),
        AssetKey(["source", "vendors"]),
    }
    assert AssetKey(["source", "offers"]) in GRAPH.get(FORECASTS).parent_keys
    assert AssetKey(["staging", "promotions"]) in GRAPH.get(INSIGHTS).parent_keys
    asked = {path.stem for path in QUERIES}
    named = {
        part.partition(".")[0]
        for columns in ORIGINS.values()
        for parts in columns.values()
        for part in parts.split()
    }
    assert asked <= named, "a query that nothing comes of"
    assert "benchmarks.members" in reads("marts.benchmarks")


def test_dagster_shows_of_which_columns_a_written_table_s_come() -> None:
    for target in (FORECASTS, LOST_SALES, INSIGHTS, BENCHMARKS, PLACEMENTS):
        columns = GRAPH.get(target).metadata["dagster/column_lineage"].deps_by_column
        assert {dep.asset_key for deps in columns.values() for dep in deps} <= GRAPH.get(
            target
        ).parent_keys
    shown = GRAPH.get(PLACEMENTS).metadata["dagster/column_lineage"].deps_by_column
    assert TableColumnDep(AssetKey(["marts", "refunds"]), "quantity") in shown["numerator"]
    assert shown["vendor_id"] == [TableColumnDep(AssetKey(["source", "vendors"]), "vendor_id")]
