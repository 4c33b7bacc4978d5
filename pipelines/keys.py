"""The names of assets, and what all of them have in common."""

from collections.abc import Iterable
from datetime import timedelta

from dagster import AssetKey, FreshnessPolicy

from warehouse.graph import STAGING, models

POOL = "warehouse"
# Every pool by its name and how many runs may hold it; the warehouse has one writer.
POOLS = {POOL: 1}
SNAPSHOT = AssetKey(["published", "snapshot"])
FORECASTS = AssetKey(["marts", "forecasts"])
LOST_SALES = AssetKey(["marts", "lost_sales"])
INSIGHTS = AssetKey(["marts", "insights"])
BENCHMARKS = AssetKey(["marts", "benchmarks"])
PLACEMENTS = AssetKey(["marts", "benchmark_placements"])
CANDIDATE = AssetKey(["recommender", "candidate"])
LIVE = AssetKey(["recommender", "live"])
OWNERS = ["team:data"]

# Every asset must be as new as its schedule promises; the UI and its alerts say which is not.
EACH_MINUTE = FreshnessPolicy.time_window(
    fail_window=timedelta(hours=1), warn_window=timedelta(minutes=15)
)
EACH_DAY = FreshnessPolicy.time_window(
    fail_window=timedelta(hours=49), warn_window=timedelta(hours=26)
)


def key(target: str) -> AssetKey:
    """Turn `marts.vendor_daily` into the asset key `marts/vendor_daily`."""
    return AssetKey(target.split("."))


def is_asset(target: str) -> bool:
    """Whether a table is anybody's to see: what loads and benchmarks keep for themselves is not."""
    return not target.startswith(("ledger.", "benchmarks."))


def keys(targets: Iterable[str]) -> list[AssetKey]:
    """The assets among the tables, in their order."""
    return [key(target) for target in sorted(targets) if is_asset(target)]


def days_marts() -> list[AssetKey]:
    return [key(model.target) for model in models() if model.is_of_days]


def marts() -> list[AssetKey]:
    return [key(model.target) for model in models() if model.schema != STAGING]
