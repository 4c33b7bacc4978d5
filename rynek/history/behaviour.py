"""Writing a history's behaviour: what shoppers were shown, looked at and searched for."""

import polars as pl
from psycopg import sql

from rynek.history.catalogue import Register
from rynek.history.copying import Copier, query
from rynek.history.frames import History
from rynek.history.identifiers import resolve


def write_events(copier: Copier, history: History, register: Register) -> None:
    """Write the events that are not there yet, of shoppers who have not been erased."""
    if history.events.is_empty():
        return
    known = query(
        copier.connection,
        sql.SQL("select event_id from behaviour_events where source = {}").format(
            sql.Literal(history.source)
        ),
        {"event_id": pl.String},
    )
    new = history.events.join(known, on="event_id", how="anti", maintain_order="left")
    new = new.join(_erased(copier, history), on="shopper_ref", how="anti", maintain_order="left")
    new = resolve(new, register.shoppers.drop("shopper_id"), "shopper_ref")
    new = resolve(new, register.offers, "offer_ref")
    copier.append("behaviour_events", new.with_columns(source=pl.lit(history.source)))


def _erased(copier: Copier, history: History) -> pl.DataFrame:
    """shopper_ref of those of this source whom the market has erased."""
    return query(
        copier.connection,
        sql.SQL(
            "select source_ref from shoppers where source = {} and erased_at is not null"
        ).format(sql.Literal(history.source)),
        {"shopper_ref": pl.String},
    )
