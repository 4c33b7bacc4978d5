"""What tables come of that no SELECT makes: Python computes them from what a few queries ask.

Each column names what goes into its value, as `query.column` or `schema.table.column`; as in the
lineage of models, not what only chooses rows. None is named for what is the same in every row or
was set for the run. Tests change the queries' answers, column by column, and look what moves.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from warehouse.benchmarks.measures import COMPARED
from warehouse.graph import Model, parsed
from warehouse.lineage import Column, asked
from warehouse.metrics import Measure

FOLDER = Path(__file__).parent
QUERIES = (*sorted((FOLDER / "advice").glob("*.sql")), FOLDER / "benchmarks" / "activity.sql")

LAST = "marts.vendor_orders.order_date"
HISTORY = "sales.day sales.units spells.begins spells.ends listings.opening_day"
# A thin listing leans on its category.
DEMAND = f"{HISTORY} listings.category"
STOCKED = f"{DEMAND} listings.available_units"
MONTH = "marts.forecasts.month_units"
SPREAD = f"{MONTH} marts.forecasts.dispersion marts.forecasts.level_variance"
BEYOND = f"{MONTH} marts.forecasts.available_units"
LATE = "service.due_orders service.late_orders service.waiting_orders"
ELASTICITY = "panel.week panel.price_cents panel.units panel.days listings.category"
TOGETHER = "pairs.both_orders pairs.product_orders pairs.month_orders"
OWNER = "marts.forecasts.vendor_id service.vendor_id pairs.vendor_id"
EFFECT = (
    f"listings.price_cents marts.forecasts.lost_units {BEYOND} {LATE} service.order_cents"
    f" {ELASTICITY} {TOGETHER} pairs.price_cents"
)
BOUND = f"{EFFECT} {SPREAD}"
FIGURE = "figure.numerator figure.denominator"
COHORT = "activity.category_id activity.unit_price_cents activity.orders"

ORIGINS = {
    "marts.forecasts": {
        "offer_id": "listings.offer_id",
        "product_id": "listings.product_id",
        "vendor_id": "listings.vendor_id",
        "first_date": LAST,
        "demand_class": HISTORY,
        "method": HISTORY,
        "weekday_units": DEMAND,
        "level_variance": DEMAND,
        "dispersion": DEMAND,
        "month_units": DEMAND,
        "month_low": DEMAND,
        "month_median": DEMAND,
        "month_high": DEMAND,
        "available_units": "listings.available_units",
        "days_of_cover": STOCKED,
        "lead_days": "",
        "service_level": "",
        "reorder_point": DEMAND,
        "order_units": STOCKED,
        "closed_days": "sales.day spells.begins spells.ends listings.opening_day",
        "lost_units": DEMAND,
        "lost_low": DEMAND,
        "lost_high": DEMAND,
    },
    "marts.lost_sales": {
        "vendor_id": "listings.vendor_id",
        "sale_date": f"{LAST} spells.begins spells.ends",
        "lost_units": DEMAND,
        "lost_cents": f"{DEMAND} listings.price_cents",
    },
    "marts.insights": {
        "vendor_id": OWNER,
        "kind": "",
        "offer_id": "marts.forecasts.offer_id pairs.offer_id",
        "product_id": "marts.forecasts.product_id pairs.product_id",
        "what": "listings.title pairs.title pairs.other_title marts.forecasts.closed_days"
        f" marts.forecasts.days_of_cover {BEYOND} {ELASTICITY} service.due_orders"
        " service.late_orders",
        "why": "marts.forecasts.lost_units marts.forecasts.lost_low marts.forecasts.lost_high"
        f" {BEYOND} {SPREAD} marts.forecasts.lead_days {ELASTICITY} {LATE} pairs.both_orders"
        " pairs.lift",
        "action": f"marts.forecasts.order_units listings.price_cents {ELASTICITY}"
        " service.waiting_orders pairs.title pairs.other_title",
        "effect_cents": EFFECT,
        "effect_low_cents": f"{BOUND} marts.forecasts.lost_low",
        "effect_high_cents": f"{BOUND} marts.forecasts.lost_high",
        "confidence": f"{BOUND} marts.forecasts.lost_low marts.forecasts.lost_high",
        "rank": f"{OWNER} {EFFECT}",
        "advised_date": LAST,
    },
    "marts.benchmarks": {
        "period_date": LAST,
        "metric_id": "",
        "cohort": COHORT,
        "level": "",
        "category": "activity.category_id marts.categories.name",
        "price_from_cents": "activity.unit_price_cents",
        "price_below_cents": "activity.unit_price_cents",
        "orders_from": "activity.orders",
        "orders_below": "activity.orders",
        "owners_at_least": "activity.owner_id",
        "step": FIGURE,
        "lower_quartile": FIGURE,
        "median": FIGURE,
        "upper_quartile": FIGURE,
        "mean": FIGURE,
    },
    "marts.benchmark_placements": {
        "period_date": LAST,
        "metric_id": "",
        "vendor_id": "activity.vendor_id",
        "numerator": "figure.numerator",
        "denominator": "figure.denominator",
        "value": FIGURE,
        "cohort": COHORT,
    },
}


@cache
def origins(target: str) -> dict[str, tuple[Column, ...]]:
    """Return, by column of a table that no SELECT makes, the columns that go into its value."""
    return {
        name: tuple(sorted({column for part in parts.split() for column in _traced(part)}))
        for name, parts in ORIGINS[target].items()
    }


@cache
def reads(target: str) -> frozenset[str]:
    """Return the tables that a table is computed from, those that only choose rows included."""
    named = {
        part.rpartition(".")[0] for parts in ORIGINS[target].values() for part in parts.split()
    }
    return frozenset(table for name in named for table in _read(name))


def _traced(part: str) -> Iterable[Column]:
    name, _, column = part.rpartition(".")
    return _queries()[name][1][column] if name in _queries() else [(name, column)]


def _read(name: str) -> Iterable[str]:
    return _queries()[name][0] if name in _queries() else [name]


@cache
def _queries() -> dict[str, tuple[frozenset[str], dict[str, tuple[Column, ...]]]]:
    """By a query's name the tables it reads, and of which columns its own come."""
    files = (parsed(path.parent.name, path.stem, path.read_text()) for path in QUERIES)
    return {query.name: (query.reads, asked(query)) for query in files} | {"figure": _figure()}


def _figure() -> tuple[frozenset[str], dict[str, tuple[Column, ...]]]:
    """By what vendors are compared: numerators and denominators of all metrics together."""
    totals = [compared.metric.parts("vendor") for compared in COMPARED]
    sides = {
        "numerator": [measure for total, _ in totals for measure in total.measures],
        "denominator": [measure for _, total in totals if total for measure in total.measures],
    }
    measured = {side: [_measured(measure) for measure in sides[side]] for side in sides}
    return (
        frozenset(
            table for queries in measured.values() for query in queries for table in query.reads
        ),
        {
            side: tuple(column for query in queries for column in asked(query)["value"])
            for side, queries in measured.items()
        },
    )


def _measured(measure: Measure) -> Model:
    return parsed("", "figure", f"select {measure.sql()} as value from marts.{measure.mart}")
