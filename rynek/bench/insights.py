"""Insights judged by the truth of generated markets: do intervals hold, do signs, do lost sales?

Each market is generated into a real Postgres, loaded and built like any other; elasticities and
lost sales are estimated from the marts alone, and only then compared with what was kept aside. It
takes several: all listings of one lean on the same mean, and err together.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Console
from scipy.stats import norm

from models.demand.listings import sales_of
from models.demand.lost_sales import lost_sales
from models.insights.advise import elasticities
from rynek.bench.report import Report, Row
from rynek.local.servers import running
from rynek.market import generate
from transactional.migrations import upgrade
from warehouse import store
from warehouse.advice.inputs import DAYS, Inputs
from warehouse.build import build
from warehouse.load import load

SEEDS = tuple(range(1, 13))
UNTIL = date(2026, 3, 1)  # a market is dated by its end, which must not be today's
LEAST_90, LEAST_95 = 0.85, 0.90
MOST_SIGN_ERRORS, MOST_LOST_ERROR = 0.02, 0.25


@dataclass(frozen=True)
class Judged:
    """What was estimated beside what is true, one row per listing.

    elasticities: elasticity, elasticity_error, is_refused, truth; lost: lost_units, low90, high90,
    low95, high95, truth, of the whole year.
    """

    elasticities: pl.DataFrame
    naive: pl.DataFrame
    lost: pl.DataFrame


def measure(scale: str, console: Console, seeds: Sequence[int] = SEEDS) -> Report:
    """Generate the markets, load them, estimate, compare."""
    judged = together([_market(scale, seed, console) for seed in seeds])
    numbers = ", ".join(str(seed) for seed in seeds)
    return Report("insights", f"{scale} markets, seeds {numbers}", rows(judged))


def _market(scale: str, seed: int, console: Console) -> Judged:
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with running(home, names=("postgres",)) as addresses:
            upgrade(addresses.database_url)
            generate(scale, seed, addresses.database_url, home, UNTIL, console)
            with console.status("loading, building, estimating"), store.opened(home) as connection:
                load(connection, addresses.pipeline_database_url)
                build(connection)
                return judge(Inputs.of(connection), home / "truth")


def together(found: Sequence[Judged]) -> Judged:
    """Several markets' listings as one; `market` counts them from 0."""
    return Judged(
        *(
            pl.concat(
                getattr(one, name).with_columns(market=pl.lit(number))
                for number, one in enumerate(found)
            )
            for name in Judged.__annotations__
        )
    )


def judge(inputs: Inputs, truth: Path) -> Judged:
    """Estimate from `inputs` and put the tables under `truth` beside it."""
    products = pl.read_parquet(truth / "products.parquet").select("product_id", truth="elasticity")
    of_offer = inputs.listings.select("offer_id", "product_id").join(products, on="product_id")
    found = elasticities(inputs.panel, inputs.listings).join(of_offer, on="offer_id")
    slope, error = naive_regression(inputs.panel)
    naive = found.with_columns(elasticity=pl.lit(slope), elasticity_error=pl.lit(error))
    demand = pl.read_parquet(truth / "demand.parquet")
    return Judged(found, naive, _lost(inputs, demand))


def _lost(inputs: Inputs, demand: pl.DataFrame) -> pl.DataFrame:
    first: date = inputs.first
    sales = sales_of(inputs.listings, inputs.sales, inputs.spells, first, DAYS)
    found = lost_sales(sales).since(0)
    truth = (
        demand.filter(pl.col("order_date") >= first)
        .group_by("offer_id")
        .agg(truth=pl.col("lost_units").sum())
    )
    ends = {
        f"{end}{share}": found.quantile(0.5 + side * share / 200)
        for share in (90, 95)
        for end, side in (("low", -1), ("high", 1))
    }
    return (
        inputs.listings.select("offer_id")
        .with_columns(lost_units=found.mean, closed_days=found.closed_days, **ends)
        .join(truth, on="offer_id", how="left")
        .with_columns(pl.col("truth").fill_null(0))
    )


def naive_regression(panel: pl.DataFrame) -> tuple[float, float]:
    """The control: log units on log price over everything, with neither listings nor weeks."""
    x = np.log(panel["price_cents"].to_numpy())
    y = np.log1p(panel["units"].to_numpy())
    contrast = x - x.mean()
    slope = (contrast * y).sum() / (contrast**2).sum()
    left = y - y.mean() - slope * contrast
    return float(slope), float(np.sqrt((left**2).mean() / (contrast**2).sum()))


def coverage(found: pl.DataFrame, share: float) -> float:
    """How often the interval of `share` holds the truth."""
    reach = float(norm.ppf((1 + share) / 2))
    missed = (pl.col("elasticity") - pl.col("truth")).abs()
    return float(found.select((missed <= reach * pl.col("elasticity_error")).mean()).item())


def rows(judged: Judged) -> tuple[Row, ...]:
    found, lost = judged.elasticities, judged.lost
    told = found.filter(~pl.col("is_refused"))
    out = lost.filter(pl.col("closed_days") > 0)
    return (
        *_covered("elasticity, all listings whose price changed", found),
        Row(
            "elasticity: the same, 90 % interval, the market that it holds least in",
            min(coverage(market, 0.9) for market in found.partition_by("market")),
            "share",
        ),
        *(_covered("elasticity, not refused", told) if told.height else ()),
        Row("elasticities not refused", told.height, "listings"),
        Row(
            "wrong sign, not refused",
            float(told.select((pl.col("elasticity") >= 0).mean()).item() or 0),
            "share",
            goal=f"≤ {MOST_SIGN_ERRORS}",
            met=float(told.select((pl.col("elasticity") >= 0).mean()).item() or 0)
            <= MOST_SIGN_ERRORS,
        ),
        Row(
            "control: naive regression, 95 % interval holds the truth",
            coverage(judged.naive, 0.95),
            "share",
            goal="must fail: < 0.5",
            met=coverage(judged.naive, 0.95) < 0.5,
        ),
        *_lost_rows(out),
    )


def _covered(name: str, found: pl.DataFrame) -> tuple[Row, Row]:
    ninety, ninety_five = coverage(found, 0.9), coverage(found, 0.95)
    return (
        Row(f"{name}: 90 % interval holds the truth", ninety, "share", goal=f"≥ {LEAST_90}",
            met=ninety >= LEAST_90),
        Row(f"{name}: 95 % interval holds the truth", ninety_five, "share", goal=f"≥ {LEAST_95}",
            met=ninety_five >= LEAST_95),
    )  # fmt: skip


def _lost_rows(out: pl.DataFrame) -> tuple[Row, ...]:
    total, truth = float(out["lost_units"].sum()), float(out["truth"].sum())
    error = abs(total / truth - 1) if truth else 0.0
    held = {share: float(out.select(_within(share).mean()).item() or 0) for share in (90, 95)}
    return (
        Row("lost units, estimated", total, "units", peer="true", peer_value=truth,
            goal=f"within {MOST_LOST_ERROR:.0%}", met=error <= MOST_LOST_ERROR),
        Row("lost units: 90 % interval holds the truth", held[90], "share", goal=f"≥ {LEAST_90}",
            met=held[90] >= LEAST_90),
        Row("lost units: 95 % interval holds the truth", held[95], "share", goal=f"≥ {LEAST_95}",
            met=held[95] >= LEAST_95),
        Row("listings that were sold out", out.height, "listings"),
    )  # fmt: skip


def _within(share: int) -> pl.Expr:
    return pl.col("truth").is_between(pl.col(f"low{share}"), pl.col(f"high{share}"))
