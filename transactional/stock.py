"""Units of an offer: available, held, sold. A movement is one statement, in key order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from transactional import facts
from transactional.database import Transaction, statement
from transactional.errors import ConflictError
from transactional.ids import external


class OutOfStockError(ConflictError):
    """Some offers have too few units; `lacking` says which, and how many are left."""

    code = "out_of_stock"
    offer_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """What one unit's movement does to the three counts."""

    available: int
    held: int
    sold: int


HOLD = Movement(available=-1, held=+1, sold=0)
RELEASE = Movement(available=+1, held=-1, sold=0)
SELL = Movement(available=0, held=-1, sold=+1)
# A capture that came after its hold had lapsed takes free units straight away.
SELL_UNHELD = Movement(available=-1, held=0, sold=+1)
RESTOCK = Movement(available=+1, held=0, sold=0)


def move(
    connection: Transaction, movement: Movement, units: Mapping[int, int], now: datetime
) -> None:
    """Move `units` (per offer id), all or nothing; raises OutOfStockError for the caller to roll
    back.

    Facts are written where availability crosses zero or the offer's threshold, and on restock.
    """
    moved = connection.execute(
        statement("move_stock"),
        {
            "offer_ids": list(units),
            "available_units": [movement.available * count for count in units.values()],
            "held_units": [movement.held * count for count in units.values()],
            "sold_units": [movement.sold * count for count in units.values()],
            "now": now,
        },
    ).fetchall()
    if len(moved) < len(units):
        missing = units.keys() - {row["offer_id"] for row in moved}
        raise _out_of_stock(connection, {offer: units[offer] for offer in sorted(missing)})
    facts.announce(connection)


def set_threshold(connection: Transaction, offer_id: int, units: int, now: datetime) -> None:
    """Below or at how many units the offer counts as low."""
    connection.execute(
        "update stock set low_stock_threshold = %s, version = version + 1 where offer_id = %s",
        (units, offer_id),
    )
    connection.execute(statement("stock_fact"), {"offer_id": offer_id, "now": now})
    facts.announce(connection)


def _out_of_stock(connection: Transaction, wanted: Mapping[int, int]) -> OutOfStockError:
    left = connection.execute(
        "select offer_id, available_units from stock where offer_id = any(%s)", (list(wanted),)
    ).fetchall()
    available = {row["offer_id"]: row["available_units"] for row in left}
    shortage = OutOfStockError(
        lacking=[
            {
                "offer_id": external("off", offer_id),
                "wanted_units": count,
                "available_units": available.get(offer_id, 0),
            }
            for offer_id, count in wanted.items()
        ]
    )
    shortage.offer_ids = list(wanted)
    return shortage
