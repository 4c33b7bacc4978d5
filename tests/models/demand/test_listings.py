"""From tables of sales and spells to a table of forecasts."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.demand import listings as tables
from models.demand.listings import outlook, sales_of
from models.demand.reorder import Policy

FIRST, DAYS = date(2026, 1, 5), 200


def listed(count: int, opening_day: int = 0) -> pl.DataFrame:
    numbers = np.arange(count)
    return pl.DataFrame(
        {
            "offer_id": numbers + 1,
            "product_id": numbers + 101,
            "vendor_id": numbers % 3,
            "category": [f"Shelf {number // 4}" for number in numbers],
            "price_cents": 500,
            "available_units": numbers,
            "opening_day": opening_day,
        }
    )


def sold(listings: pl.DataFrame) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    units = rng.poisson(0.7, (listings.height, DAYS))
    listing, day = np.nonzero(units)
    return pl.DataFrame(
        {
            "offer_id": listings["offer_id"].to_numpy()[listing],
            "day": day,
            "units": units[listing, day],
        }
    )


NO_SPELLS = pl.DataFrame(schema={"offer_id": pl.Int64, "begins": pl.Float64, "ends": pl.Float64})


def test_every_listing_has_one_row_with_quantiles_in_their_order() -> None:
    listings = listed(10)
    found = outlook(listings, sold(listings), NO_SPELLS, FIRST, DAYS, Policy()).forecasts
    assert found["offer_id"].to_list() == listings["offer_id"].to_list()
    assert found.select(
        (pl.col("month_low") <= pl.col("month_median")).all()
        & (pl.col("month_median") <= pl.col("month_high")).all()
    ).item()
    assert found["first_date"].unique().to_list() == [date(2026, 7, 24)]
    assert found["month_units"].mean() == pytest.approx(0.7 * 28, rel=0.15)


def test_parts_of_whole_categories_give_the_same_as_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listings = listed(12)
    sales = sold(listings)
    # A listing's weekdays lean on the whole market, so only what leans on categories is compared.
    whole = outlook(listings, sales, NO_SPELLS, FIRST, DAYS, Policy()).forecasts
    monkeypatch.setattr(tables, "AT_ONCE", 5)
    heard: list[int] = []
    parts = outlook(
        listings, sales, NO_SPELLS, FIRST, DAYS, Policy(), on_part=heard.append
    ).forecasts
    assert heard == [4, 4, 4]
    assert parts["offer_id"].equals(whole["offer_id"])
    assert parts["month_units"].to_numpy() == pytest.approx(
        whole["month_units"].to_numpy(), rel=0.02
    )


def test_spells_are_cut_into_parts_of_days() -> None:
    listings = listed(1)
    spells = pl.DataFrame({"offer_id": [1], "begins": [2.25], "ends": [4.5]})
    found = sales_of(listings, sold(listings).clear(), spells, FIRST, 6)
    assert found.open_share[:, 0] == pytest.approx([1, 1, 0.25, 0, 0.5, 1])


def test_a_listing_was_closed_before_it_was_opened_or_first_sold() -> None:
    listings = listed(2, opening_day=3)
    early = pl.DataFrame({"offer_id": [2], "day": [1], "units": [1]})
    found = sales_of(listings, early, NO_SPELLS, FIRST, 5)
    assert found.open_share[:, 0].tolist() == [0, 0, 0, 1, 1]
    assert found.open_share[:, 1].tolist() == [0, 1, 1, 1, 1]


def test_a_market_without_listings_has_no_forecasts() -> None:
    nothing = listed(1).clear()
    found, lost = outlook(nothing, sold(nothing.clear()), NO_SPELLS, FIRST, DAYS, Policy())
    assert found.is_empty()
    assert "weekday_units" in found.columns
    assert lost.is_empty()


def test_what_a_vendor_lost_is_told_by_day_at_todays_prices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of vendor 1's listings of one price sold out together, in parts of their own."""
    listings = listed(8)
    spells = pl.DataFrame({"offer_id": [2, 5], "begins": [50.0, 51.0], "ends": [53.0, 53.0]})
    monkeypatch.setattr(tables, "AT_ONCE", 4)
    forecasts, lost = outlook(listings, sold(listings), spells, FIRST, DAYS, Policy())
    assert forecasts["closed_days"].sum() == 0, "that was more than 90 days ago"
    assert lost["vendor_id"].unique().to_list() == [1]
    assert lost["sale_date"].to_list() == [FIRST + timedelta(days=day) for day in (50, 51, 52)]
    assert lost["lost_cents"].to_numpy() == pytest.approx(lost["lost_units"].to_numpy() * 500)
    one, two, _ = lost["lost_units"]
    assert 0.3 < one < 1.4
    assert 0.6 < two < 2.8


def test_what_a_listing_lost_lately_has_quantiles_in_their_order() -> None:
    listings = listed(4)
    sales = sold(listings).filter(~pl.col("day").is_between(150, 159))
    spells = pl.DataFrame({"offer_id": [1], "begins": [150.0], "ends": [160.0]})
    told = outlook(listings, sales, spells, FIRST, DAYS, Policy()).forecasts
    out, *others = told.to_dicts()
    assert out["closed_days"] == 10
    assert 0 < out["lost_low"] < out["lost_units"] < out["lost_high"]
    assert {other["lost_high"] for other in others} == {0}
