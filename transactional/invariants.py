"""What must hold in the core at every commit: each one SQL statement that finds exceptions."""

from dataclasses import dataclass

from transactional.database import SQL_FOLDER, Transaction, statement

FOLDER = "invariants"
# Enough to see a pattern; a broken market may have millions.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that broke an invariant: which, where, and the figures."""

    invariant: str
    key: str
    detail: str


def names() -> list[str]:
    """Every invariant, by the name of its file."""
    return sorted(file.stem for file in (SQL_FOLDER / FOLDER).glob("*.sql"))


def check(connection: Transaction) -> list[Breach]:
    """Every breach, at most 20 of each invariant; an empty list is a sound market.

    All statements see one snapshot where the caller's transaction is REPEATABLE READ.
    """
    return [breach for name in names() for breach in _breaches(connection, name)]


def _breaches(connection: Transaction, name: str) -> list[Breach]:
    found = connection.execute(statement(f"{FOLDER}/{name}"), {"limit": MOST_SHOWN})
    return [Breach(name, row["key"], row["detail"]) for row in found]
