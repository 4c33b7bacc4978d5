"""What offers cost over time, as far as a history tells."""

import polars as pl

from rynek.history.catalogue import Register
from rynek.history.copying import Copier
from rynek.history.frames import History
from rynek.history.identifiers import resolve


def write_prices(copier: Copier, history: History, register: Register) -> None:
    """Write the new offers' prices; one of which nothing is told has cost the same all along.

    Where the triggers stay on they have noted today's prices already, and the past is left out.
    """
    if copier.stamp is None:
        return
    told = resolve(history.prices, register.offers, "offer_ref")
    offers = history.offers.join(register.offers, on="ref").select(
        "offer_id", "price_cents", from_at="created_at"
    )
    prices = pl.concat(
        [told.select(offers.columns), offers.join(told, on="offer_id", how="anti")]
    ).join(register.new_offers, on="offer_id", how="semi")
    copier.append("offer_prices", prices.sort("offer_id", "from_at"))
