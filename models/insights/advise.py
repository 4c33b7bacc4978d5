"""From the marts' figures and the forecasts to every vendor's cards."""

import numpy as np
import polars as pl

from models.demand import quantiles
from models.demand.listings import HIGH, LOW, MONTH_DAYS
from models.elasticity import Elasticities, Panel, estimate
from models.insights.cards import ranked
from models.insights.cross_sell import cross_sell
from models.insights.price import price
from models.insights.service import late_shipment
from models.insights.stock import SLOW_COVER_DAYS, lost_sales, restock, slow_stock


def advise(
    listings: pl.DataFrame,
    forecasts: pl.DataFrame,
    panel: pl.DataFrame,
    service: pl.DataFrame,
    pairs: pl.DataFrame,
    late_norm: float,
) -> pl.DataFrame:
    """Every vendor's cards, ranked, in the columns of `cards.SCHEMA`.

    listings: offer_id, title, category, price_cents; forecasts as of `demand.listings`; panel:
    offer_id, week, price_cents, units, days; service and pairs as their cards want them.
    """
    told = forecasts.join(
        listings.select("offer_id", "title", "category", "price_cents"), on="offer_id"
    )
    stocked = told.with_columns(**_beyond(told))
    return ranked(
        [
            lost_sales(stocked),
            restock(stocked),
            slow_stock(stocked),
            price(told.join(elasticities(panel, listings), on="offer_id")),
            late_shipment(service, late_norm),
            cross_sell(pairs),
        ]
    )


def elasticities(panel: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """offer_id, elasticity, its error, is_refused, and the lowest and highest price it had."""
    known = panel.join(listings.select("offer_id", "category"), on="offer_id")
    offers = known.select("offer_id", "category").unique().sort("category", "offer_id")
    found = _estimated(known, offers)
    return offers.select(
        "offer_id",
        elasticity=found.value,
        elasticity_error=found.error,
        is_refused=found.is_refused,
        lowest_cents=np.exp(found.lowest),
        highest_cents=np.exp(found.highest),
    )


def _estimated(panel: pl.DataFrame, offers: pl.DataFrame) -> Elasticities:
    if panel.is_empty():
        return Elasticities(*(np.zeros(0),) * 7)
    numbered = panel.join(offers.select("offer_id").with_row_index("listing"), on="offer_id")
    return estimate(
        Panel(
            listing=numbered["listing"].to_numpy().astype(np.int64),
            week=numbered["week"].to_numpy().astype(np.int64),
            units=numbered["units"].to_numpy().astype(np.float64),
            days=numbered["days"].to_numpy().astype(np.float64),
            log_price=np.log(np.maximum(numbered["price_cents"].to_numpy(), 1)),
            category=offers["category"].rank("dense").to_numpy().astype(np.int64) - 1,
        )
    )


def _beyond(told: pl.DataFrame) -> dict[str, pl.Series]:
    """What sells beyond the stock in a month, and what is left of it after half a year."""
    daily = told["month_units"].to_numpy() / MONTH_DAYS
    available = told["available_units"].to_numpy()
    found = {}
    for name, share in (("units", None), ("low", LOW), ("high", HIGH)):
        month = _total(told, daily, MONTH_DAYS, share)
        found[f"saved_{name}"] = pl.Series(np.maximum(month - available, 0))
        opposite = None if share is None else 1 - share
        half_year = _total(told, daily, SLOW_COVER_DAYS, opposite)
        found[f"excess_{name}"] = pl.Series(np.maximum(available - half_year, 0))
    return found


def _total(told: pl.DataFrame, daily: np.ndarray, days: float, share: float | None) -> np.ndarray:
    mean = daily * days
    if share is None:
        return mean
    variance = told["dispersion"].to_numpy() * mean + told["level_variance"].to_numpy() * days**2
    return quantiles.quantile(share, mean, variance)
