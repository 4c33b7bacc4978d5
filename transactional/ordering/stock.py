"""Units of an offer: available, held, sold. A movement is one statement, in key order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

import psycopg
from psycopg import Cursor

from transactional.arrays import array
from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError
from transactional.facts import outbox
from transactional.ids import LARGEST_KEY, external


class OutOfStockError(ConflictError):
    """Some offers have too few units; `lacking` says which, and how many are left."""

    code = "out_of_stock"
    offer_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """What one unit's movement does to the three counts, and what the journal calls it."""

    kind: str
    available: int
    held: int
    sold: int


OPEN = Movement("opened", available=+1, held=0, sold=0)
HOLD = Movement("held", available=-1, held=+1, sold=0)
RELEASE = Movement("released", available=+1, held=-1, sold=0)
SELL = Movement("sold", available=0, held=-1, sold=+1)
# A capture that came after its hold had lapsed takes free units straight away.
SELL_UNHELD = Movement("sold_unheld", available=-1, held=0, sold=+1)
RETURN = Movement("returned", available=+1, held=0, sold=-1)
RESTOCK = Movement("restocked", available=+1, held=0, sold=0)
# A count that was wrong: `units` is the difference, of either sign.
CORRECT = Movement("corrected", available=+1, held=0, sold=0)

NEVER_NEGATIVE = "stock_available_units_check"

# Which order moves how many units: of which offers.
UnitsByOrder = Mapping[int | None, Mapping[int, int]]


def move(
    connection: Transaction,
    movement: Movement,
    units: Mapping[int, int],
    now: datetime,
    order_id: int | None = None,
) -> None:
    """Move `units` (per offer id), all or nothing, and write them in the journal.

    Raises OutOfStockError for the caller to roll back. Facts are written where availability crosses
    zero or the offer's threshold, and where units came in.
    """
    if move_together(connection, movement, {order_id: units}, now)():
        outbox.announce(connection)


def move_together(
    connection: Transaction,
    movement: Movement,
    units: UnitsByOrder,
    now: datetime,
    *,
    must_move: bool = False,
) -> Callable[[], bool]:
    """`move` for many orders in one statement, sent at once.

    The call waits, raises OutOfStockError, and returns whether there is a fact to announce. Where
    all `must_move`, the statement itself is refused for want of units: see `is_shortage`.
    """
    moves = [
        (offer_id, order_id, count)
        for order_id, wanted in units.items()
        for offer_id, count in wanted.items()
    ]
    cursor = connection.execute(
        statement("move_stock"),
        {
            "offer_ids": array(offer_id for offer_id, _, _ in moves),
            "order_ids": array(order_id for _, order_id, _ in moves),
            "units": array(count for _, _, count in moves),
            **asdict(movement),
            "must_move": must_move,
            "now": now,
        },
    )
    return partial(_moved, connection, cursor, units)


def _moved(connection: Transaction, cursor: Cursor[Row], units: UnitsByOrder) -> bool:
    moved = cursor.fetchall()
    wanted = total(units.values())
    if len(moved) < len(wanted):
        missing = sorted(wanted.keys() - {row["offer_id"] for row in moved})
        free = free_units(connection, missing)
        raise out_of_stock({offer: wanted[offer] for offer in missing}, free)
    return any(row["is_told"] for row in moved)


def is_shortage(error: Exception) -> bool:
    """Whether a movement of units that must move found too few."""
    return (
        isinstance(error, psycopg.errors.CheckViolation)
        and error.diag.constraint_name == NEVER_NEGATIVE
    )


def total(units: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Units per offer over several carts."""
    summed: dict[int, int] = {}
    for wanted in units:
        for offer_id, count in wanted.items():
            summed[offer_id] = summed.get(offer_id, 0) + count
    return summed


def open_offer(
    connection: Transaction, offer_id: int, units: int, low_stock_threshold: int, now: datetime
) -> None:
    """The stock of a new offer, with the first row of its journal."""
    connection.execute(
        "with opened as (insert into stock"
        " (offer_id, received_units, available_units, low_stock_threshold)"
        " values (%(offer_id)s, %(units)s, %(units)s, %(threshold)s))"
        " insert into stock_moves"
        " (offer_id, kind, available_units, held_units, sold_units, occurred_at)"
        " values (%(offer_id)s, %(kind)s, %(units)s, 0, 0, %(now)s)",
        {
            "offer_id": offer_id,
            "units": units,
            "threshold": low_stock_threshold,
            "kind": OPEN.kind,
            "now": now,
        },
    )


def moves_of(connection: Transaction, offer_id: int, before: int | None, limit: int) -> list[Row]:
    """An offer's journal, newest first."""
    return connection.execute(
        "select stock_move_id, order_id, kind, available_units, held_units, sold_units, occurred_at"
        " from stock_moves where offer_id = %s and stock_move_id < coalesce(%s, %s)"
        " order by stock_move_id desc limit %s",
        (offer_id, before, LARGEST_KEY, limit),
    ).fetchall()


def set_threshold(connection: Transaction, offer_id: int, units: int, now: datetime) -> None:
    """Below or at how many units the offer counts as low."""
    connection.execute(
        "update stock set low_stock_threshold = %s, version = version + 1 where offer_id = %s",
        (units, offer_id),
    )
    connection.execute(statement("stock_fact"), {"offer_id": offer_id, "now": now})
    outbox.announce(connection)


def free_units(connection: Transaction, offer_ids: Iterable[int]) -> dict[int, int]:
    """By offer id, as committed; an offer without stock is left out."""
    rows = connection.execute(
        "select offer_id, available_units from stock where offer_id = any(%s)", (list(offer_ids),)
    )
    return {row["offer_id"]: row["available_units"] for row in rows}


def locked(connection: Transaction, offer_ids: Iterable[int]) -> set[int]:
    """Those of the offers whose units another transaction is about to move."""
    wanted = set(offer_ids)
    free = connection.execute(
        "select offer_id from stock where offer_id = any(%s) order by offer_id"
        " for update skip locked",
        (list(wanted),),
    )
    known = free_units(connection, wanted)
    return known.keys() - {row["offer_id"] for row in free}


def out_of_stock(wanted: Mapping[int, int], free: Mapping[int, int]) -> OutOfStockError:
    """The refusal of `wanted` units (per offer id), all of which are more than are free."""
    shortage = OutOfStockError(
        lacking=[
            {
                "offer_id": external("off", offer_id),
                "wanted_units": count,
                "available_units": free.get(offer_id, 0),
            }
            for offer_id, count in wanted.items()
        ]
    )
    shortage.offer_ids = list(wanted)
    return shortage
