"""The bench of forecasts: real lines become days, and a peer's quantiles are found by name."""

from datetime import datetime

import numpy as np
import polars as pl
from statsforecast.models import SeasonalNaive

from rynek.bench.forecast import by_day, last_week, named, one


def test_lines_become_units_by_item_and_day() -> None:
    lines = pl.DataFrame(
        {
            "item": ["a", "b", "a", "a"],
            "at": [datetime(2026, 3, day, 9) for day in (2, 2, 2, 4)],
            "units": [1, 5, 2, 4],
        }
    )
    sales = by_day(lines, "item", "at", "units", pl.lit("all"))
    assert sales.units.T.tolist() == [[3, 0, 4], [5, 0, 0]]
    assert sales.first_weekday == 0


def test_statsforecast_s_quantiles_are_asked_for_by_the_names_it_gives() -> None:
    assert [named(share) for share in (0.25, 0.5, 0.9, 0.95)] == ["lo-50", "mean", "hi-80", "hi-90"]
    series = np.tile([1.0, 2, 3, 4, 5, 6, 7], 6) + np.arange(42) % 2
    answer = one(SeasonalNaive(7), series, 28)
    assert (answer["lo-50"] <= answer["mean"]).all()
    assert (answer["hi-80"] <= answer["hi-90"]).all()


def test_our_naive_peer_is_statsforecast_s() -> None:
    lines = pl.DataFrame(
        {"item": "a", "at": [datetime(2026, 3, day) for day in range(2, 30)], "units": range(1, 29)}
    )
    sales = by_day(lines, "item", "at", "units", pl.lit("all"))
    ours = last_week(sales, 28).mean[:, 0]
    theirs = one(SeasonalNaive(7), sales.units[:, 0].astype(float), 28)["mean"]
    assert ours.tolist() == theirs.tolist()
