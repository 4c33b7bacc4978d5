"""Demand forecasts on real sales, beside naive ones and statsforecast's, origin by origin.

Three rolling origins of 28 days; MASE of the median and of the mean, RMSSE of the mean, and the
scaled pinball loss of five quantiles per day, averaged over a sample of listings that sold on ten
days at least. statsforecast's quantiles are conformal, of its own making; it is a dependency of
development only.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from rich.console import Console
from statsforecast.models import TSB, CrostonSBA, SeasonalNaive
from statsforecast.utils import ConformalIntervals

from models.demand.backtest import SHARES, Answer, Method, origins, rolled
from models.demand.classes import CLASSES, THIN, classify
from models.demand.forecast import METHODS, forecast, forecast_by
from models.demand.sales import WEEK, Sales
from rynek.bench.report import Report, Row
from rynek.market.chronicle import chronicle
from rynek.market.scale import scale_named

HORIZON, ORIGINS = 28, 3
PEER_LISTINGS = 300
SEED = 0
LEVELS = (50, 80, 90)


@dataclass(frozen=True)
class Data:
    name: str
    sales: Sales


def measure(data: Path | None, repetitions: int, console: Console) -> Report:
    """Judge on both public retailers (without `data`, on a generated market) and take the time."""
    sets = retailers(data) if data else [generated()]
    rows: list[Row] = []
    for number, known in enumerate(sets):
        with console.status(f"forecasting {known.name}"):
            rows += accuracy(known)
            if number == len(sets) - 1:
                rows += speed(known.sales, repetitions)
    return Report(
        "forecast", ", ".join(f"{d.name} {d.sales.n_listings:,}" for d in sets), tuple(rows)
    )


def retailers(data: Path) -> list[Data]:
    return [
        Data("Online Retail", online_retail(data)),
        Data("Complete Journey", complete_journey(data)),
    ]


def online_retail(data: Path) -> Sales:
    lines = pl.read_parquet(data / "online_retail" / "online_retail.parquet").filter(
        (pl.col("Quantity") > 0) & (pl.col("UnitPrice") > 0)
    )
    return by_day(lines, "StockCode", "InvoiceDate", "Quantity", pl.lit(""))


def complete_journey(data: Path) -> Sales:
    folder = data / "complete_journey"
    products = pl.read_parquet(folder / "products.parquet").select("product_id", "product_category")
    lines = pl.read_parquet(folder / "transactions.parquet").filter(pl.col("quantity") > 0)
    lines = lines.join(products, on="product_id", how="left")
    category = pl.col("product_category").fill_null("")
    return by_day(lines, "product_id", "transaction_timestamp", "quantity", category)


def generated() -> Data:
    story = chronicle(scale_named("small"), 7, date(2026, 3, 1))
    sold = story.wishes.only(story.stocked.is_served)
    days, listings = story.world.scale.days, len(story.world.offers.product)
    sales = Sales.of(
        (days, listings), sold.day, sold.offer, sold.units, story.world.offer_shelf(),
        story.first.weekday(),
    )  # fmt: skip
    return Data("generated market", sales)


def by_day(lines: pl.DataFrame, item: str, time_: str, units: str, category: pl.Expr) -> Sales:
    """Sales of every item; its category is the first that it was sold in."""
    sold = (
        lines.with_columns(day=pl.col(time_).dt.date(), category=category)
        .group_by(item, "day")
        .agg(units=pl.col(units).sum(), category=pl.col("category").first())
    )
    first: date = sold["day"].min()  # type: ignore[assignment]
    items = sold.group_by(item).agg(pl.col("category").first()).sort(item).with_row_index("listing")
    sold = sold.join(items.select(item, "listing"), on=item)
    day = (sold["day"] - first).dt.total_days().to_numpy()
    return Sales.of(
        (int(day.max()) + 1, items.height),
        day,
        sold["listing"].to_numpy().astype(np.int64),
        sold["units"].to_numpy(),
        items["category"].rank("dense").to_numpy().astype(np.int64) - 1,
        first.weekday(),
    )


def accuracy(known: Data) -> list[Row]:
    """Ours beside each peer on the same listings, and how many listings are of which class."""
    rng = np.random.default_rng(SEED)
    past = known.sales.until(origins(known.sales, HORIZON, ORIGINS)[0])
    usual = np.flatnonzero(classify(past) != THIN)
    chosen = np.zeros(known.sales.n_listings, bool)
    chosen[rng.permutation(usual)[:PEER_LISTINGS]] = True
    sample = known.sales.where(chosen)
    ours = rolled(sample, own, HORIZON, ORIGINS)
    rows = []
    for peer, method in PEERS.items():
        theirs = rolled(sample, method, HORIZON, ORIGINS)
        for name in ("mase", "mase_of_mean", "rmsse", "pinball"):
            value, other = (float(np.nanmean(getattr(scores, name))) for scores in (ours, theirs))
            rows.append(
                Row(f"{known.name}: {name}", value, "", peer, other, "ratio ≤ 1", value <= other)
            )
    counts = np.bincount(classify(past), minlength=len(CLASSES))
    rows += [
        Row(f"{known.name}: {name} listings", int(count), "listings")
        for name, count in zip(CLASSES, counts, strict=True)
    ]
    return rows


def own(past: Sales, horizon: int) -> Answer:
    found = forecast(past)
    daily = {share: found.daily_quantile(share, horizon) for share in SHARES}
    return Answer(found.means(horizon), daily)


def last_week(past: Sales, horizon: int) -> Answer:
    """Seasonal naive: the last week again, and again as every quantile."""
    mean = np.tile(past.units[-WEEK:].astype(np.float64), (horizon // WEEK, 1))
    return Answer(mean, dict.fromkeys(SHARES, mean))


def by_statsforecast(model: Callable[[], object]) -> Method:
    def method(past: Sales, horizon: int) -> Answer:
        answers = [one(model(), series, horizon) for series in past.units.T.astype(np.float64)]
        means = np.array([answer["mean"] for answer in answers]).T
        return Answer(
            np.maximum(means, 0),
            {
                share: np.maximum(np.array([answer[named(share)] for answer in answers]).T, 0)
                for share in SHARES
            },
        )

    return method


def one(model: object, series: np.ndarray, horizon: int) -> dict[str, np.ndarray]:
    answer: dict[str, np.ndarray] = model.forecast(y=series, h=horizon, level=list(LEVELS))  # type: ignore[attr-defined]
    return answer


def named(share: float) -> str:
    """statsforecast's name of a quantile: 0.9 is the upper end of the level 80."""
    level = round(abs(2 * share - 1) * 100)
    return "mean" if level == 0 else f"{'hi' if share > 0.5 else 'lo'}-{level}"


def intervals() -> ConformalIntervals:
    return ConformalIntervals(h=HORIZON, n_windows=3)


PEERS: dict[str, Method] = {
    "seasonal naive": last_week,
    "statsforecast SeasonalNaive": by_statsforecast(lambda: SeasonalNaive(WEEK)),
    "statsforecast CrostonSBA": by_statsforecast(
        lambda: CrostonSBA(prediction_intervals=intervals())
    ),
    "statsforecast TSB": by_statsforecast(lambda: TSB(0.05, 0.1, prediction_intervals=intervals())),
}


def speed(sales: Sales, repetitions: int) -> list[Row]:
    """Seconds per 100,000 listings, ours and statsforecast's TSB of means alone, in turn."""
    some = np.random.default_rng(SEED).random(sales.n_listings) < 20_000 / sales.n_listings
    sample = sales.where(some)
    tsb = np.full(sample.n_listings, METHODS.index("tsb"))
    series = sample.units.T.astype(np.float64)
    TSB(0.05, 0.1).forecast(y=series[0], h=HORIZON)  # compiled before it is timed
    taken: dict[str, list[float]] = {"ours": [], "tsb": [], "theirs": []}
    for _ in range(repetitions):
        taken["ours"].append(timed(lambda: forecast(sample)))
        taken["tsb"].append(timed(lambda: forecast_by(sample, tsb, tsb)))
        taken["theirs"].append(
            timed(lambda: [TSB(0.05, 0.1).forecast(y=y, h=HORIZON) for y in series])
        )
    per = 100_000 / sample.n_listings
    ours, own_tsb, theirs = (median(taken[name]) * per for name in ("ours", "tsb", "theirs"))
    return [
        Row("100,000 listings, each by its class's method", ours, "s"),
        Row("100,000 listings by TSB, with weekdays and variances", own_tsb, "s",
            "statsforecast TSB, means alone", theirs),
        Row("fastest round ÷ slowest", min(taken["ours"]) / max(taken["ours"]), ""),
    ]  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
