"""The stand-in's durable store: one SQLite file, committed to disk before any answer leaves."""

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from rynek.local.stripe.mischief import Mischief
from rynek.local.stripe.moves import MOVES
from rynek.local.stripe.refusals import Json

PLATFORM: Final = ""
"""The account column of what belongs to the marketplace itself."""


class StoreTakenError(Exception):
    """Another stand-in already uses this store. Stop it, or choose another --store."""


@dataclass
class Record:
    """One Stripe object: its public body, and what only Stripe knows about it."""

    id: str
    kind: str
    body: Json
    hidden: Json = field(default_factory=dict)
    seq: int = 0


class Store:
    """Owns the file. `transaction()` is the only way to read or write it."""

    def __init__(self, folder: Path) -> None:
        """Open or create the store. Raises StoreTakenError when another process holds it."""
        self.mischief = Mischief()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreTakenError(f"{StoreTakenError.__doc__} ({folder})") from None
        self._connection = sqlite3.connect(folder / "stripe.sqlite", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._prepare()

    def _prepare(self) -> None:
        for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.executescript(files(__package__).joinpath("schema.sql").read_text())
        with self.transaction() as books:
            books.install(MOVES)

    @contextmanager
    def transaction(self, account: str = PLATFORM) -> Iterator["Books"]:
        """Everything inside becomes durable together when the block ends, or not at all."""
        self._connection.execute("begin immediate")
        try:
            yield Books(self._connection, account, self.mischief)
            self._connection.execute("commit")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            raise

    def close(self) -> None:
        self._connection.close()
        self._lock.close()


@dataclass(frozen=True)
class Books:
    """The objects of one account, inside an open transaction."""

    connection: sqlite3.Connection
    account: str
    mischief: Mischief

    def of(self, account: str) -> "Books":
        """The books of another account, in the same transaction."""
        return Books(self.connection, account, self.mischief)

    def add(self, body: Json, hidden: Json | None = None) -> Record:
        """File a new object; its kind, id and creation time are read from the body."""
        self.connection.execute(
            "insert into objects (id, kind, account, created, body, hidden)"
            " values (?, ?, ?, ?, ?, ?)",
            (
                body["id"],
                body["object"],
                self.account,
                body["created"],
                text(body),
                text(hidden or {}),
            ),
        )
        return Record(body["id"], body["object"], body, hidden or {})

    def keep(self, record: Record) -> None:
        """Write back a changed object; a move that moves.py does not list is refused."""
        self.connection.execute(
            "update objects set body = ?, hidden = ? where id = ?",
            (text(record.body), text(record.hidden), record.id),
        )

    def remove(self, record: Record) -> None:
        """Take an object and what is still to be delivered to it off the books."""
        self.connection.execute("delete from deliveries where endpoint_id = ?", (record.id,))
        self.connection.execute("delete from objects where id = ?", (record.id,))

    def find(self, kind: str, object_id: str) -> Record | None:
        row = self.connection.execute(
            "select * from objects where id = ? and kind = ? and account = ?",
            (object_id, kind, self.account),
        ).fetchone()
        return record_of(row) if row else None

    def select(self, kind: str, where: str, values: tuple[object, ...], tail: str) -> list[Record]:
        """Objects of a kind under a condition, ordered and limited by `tail`.

        The kind is spelled out in the statement: SQLite uses a partial index only when it can read
        the index's condition there. It comes from this program, never from a request.
        """
        rows = self.connection.execute(
            f"select * from objects where account = ? and kind = '{kind}' and {where} {tail}",
            (self.account, *values),
        )
        return [record_of(row) for row in rows]

    def switch(self, name: str, default: int = 0) -> int:
        """What a control route has set, or the default."""
        row = self.connection.execute(
            "select value from switches where name = ?", (name,)
        ).fetchone()
        return int(row[0]) if row else default

    def turn(self, name: str, value: int) -> None:
        self.connection.execute("insert or replace into switches values (?, ?)", (name, value))

    def install(self, moves: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        """Give the database the state machines it must enforce."""
        self.connection.execute("delete from moves")
        self.connection.executemany(
            "insert into moves values (?, ?, ?)",
            [
                (kind, before, after)
                for kind, table in moves.items()
                for before, afters in table.items()
                for after in afters
            ],
        )


def record_of(row: sqlite3.Row) -> Record:
    body, hidden = msgspec.json.decode(row["body"]), msgspec.json.decode(row["hidden"])
    return Record(row["id"], row["kind"], body, hidden, row["seq"])


def text(body: Json) -> str:
    return msgspec.json.encode(body).decode()
