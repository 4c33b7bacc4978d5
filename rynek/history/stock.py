"""Stock of a history: what came in, what was sold of it, what is left."""

from datetime import UTC, datetime

import polars as pl
from psycopg import Connection

from rynek.history.copying import Copier
from rynek.history.errors import HistoryInconsistentError
from rynek.history.frames import MOMENT

MOVED = ["available_units", "held_units", "sold_units"]


def write_stock(
    copier: Copier, new_offers: pl.DataFrame, sold: pl.DataFrame, moves: pl.DataFrame
) -> None:
    """Open the stock of `new_offers`, and book later sales of offers that were there before.

    new_offers: offer_id, received_units (null: as much as was sold), low_stock_threshold;
    sold: offer_id, sold_units; moves: offer_id, kind, units moved, occurred_at.
    """
    opened = opening(new_offers, sold)
    copier.append("stock", opened)
    copier.append("stock_moves", journal(opened, moves))
    later = sold.join(new_offers, on="offer_id", how="anti").filter(pl.col("sold_units") > 0)
    if later.height:
        _book_later_sales(copier.connection, later)


def opening(new_offers: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """offer_id, received_units, available_units, sold_units, low_stock_threshold."""
    stock = new_offers.join(sold, on="offer_id", how="left", maintain_order="left").with_columns(
        pl.col("sold_units").fill_null(0)
    )
    stock = stock.with_columns(received_units=pl.coalesce("received_units", "sold_units"))
    stock = stock.with_columns(available_units=pl.col("received_units") - pl.col("sold_units"))
    oversold = stock.filter(pl.col("available_units") < 0).height
    if oversold:
        raise HistoryInconsistentError(f"{oversold:,} offers sold more than ever came in")
    return stock


def journal(opened: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """The moves that are told, in time; else one: how the stock stood when the history ended."""
    told = moves.join(opened, on="offer_id", how="semi")
    _refuse_other_sums(opened, told)
    untold = opened.join(told, on="offer_id", how="anti").select(
        "offer_id",
        *MOVED[::2],
        kind=pl.lit("opened"),
        held_units=pl.lit(0, pl.Int64),
        occurred_at=pl.lit(datetime.now(UTC), MOMENT),
    )
    columns = ["offer_id", "kind", *MOVED, "occurred_at"]
    return pl.concat([told.select(columns).sort("occurred_at"), untold.select(columns)])


def _refuse_other_sums(opened: pl.DataFrame, moves: pl.DataFrame) -> None:
    sums = moves.group_by("offer_id").agg(pl.col(MOVED).sum())
    other = sums.join(opened, on="offer_id", suffix="_opened").filter(
        (pl.col("available_units") != pl.col("available_units_opened"))
        | (pl.col("sold_units") != pl.col("sold_units_opened"))
        | (pl.col("held_units") != 0)
    )
    if other.height:
        raise HistoryInconsistentError(f"{other.height:,} offers' moves do not sum to their stock")


def _book_later_sales(connection: Connection, sold: pl.DataFrame) -> None:
    """What an earlier import did not know of came in and was sold."""
    connection.execute(
        """with booked as (
           update stock
           set received_units = received_units + later.units,
               sold_units = stock.sold_units + later.units,
               version = version + 1,
               row_version = pg_current_xact_id()
           from unnest(%s::bigint[], %s::bigint[]) as later (offer_id, units)
           where stock.offer_id = later.offer_id
           returning later.offer_id, later.units)
           insert into stock_moves
               (offer_id, kind, available_units, held_units, sold_units, occurred_at)
           select offer_id, 'opened', 0, 0, units, now() from booked""",
        [sold["offer_id"].to_list(), sold["sold_units"].to_list()],
    )
