"""What is due later: one row per task, filed in the transaction that makes it necessary.

A task runs in a transaction of its own when the stand-in's clock has got there, as of the moment
it was due; so an advance by a week goes through the same states, in the same order, as a week.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rynek.local.stripe.exchange import Call
from rynek.local.stripe.store import Books, Record, Store

EVERY_S: Final = 1.0
"""Dues are whole seconds, so looking once a second is soon enough."""

Task = Callable[[Call, Record], None]


def plan(call: Call, task: str, record_id: str, due_at: int) -> None:
    """Have `task` done to the object at `due_at` (Unix seconds)."""
    call.books.connection.execute(
        "insert into agenda (account, task, object_id, due_at) values (?, ?, ?, ?)",
        (call.books.account, task, record_id, due_at),
    )


def drop(call: Call, record_id: str) -> None:
    """Nothing more is to be done to the object."""
    call.books.connection.execute("delete from agenda where object_id = ?", (record_id,))


@dataclass
class Timekeeper:
    """Carries out what has become due."""

    store: Store
    tasks: Mapping[str, tuple[str, Task]]
    """By name: the kind of object a task is done to, and the task."""
    clock: Callable[[], float]
    on_change: Callable[[], None]
    is_watching: bool = False

    async def run(self) -> None:
        """Look at the clock until cancelled."""
        self.is_watching = True
        try:
            while True:
                self.catch_up()
                await asyncio.sleep(EVERY_S)
        finally:
            self.is_watching = False

    def catch_up(self) -> int:
        """Do everything that is due by now, earliest first; return how much it was."""
        done = 0
        while self._do_next(int(self.clock())):
            done += 1
        if done:
            self.on_change()
        return done

    def _do_next(self, now: int) -> bool:
        with self.store.transaction() as books:
            row = books.connection.execute(
                "select * from agenda where due_at <= ? order by due_at, id limit 1", (now,)
            ).fetchone()
            if row is None:
                return False
            books.connection.execute("delete from agenda where id = ?", (row["id"],))
            kind, task = self.tasks[row["task"]]
            call = unasked(books.of(row["account"]), row["due_at"])
            record = call.books.find(kind, row["object_id"])
            if record is not None:
                task(call, record)
            return True


def unasked(books: Books, now: int) -> Call:
    """A call that nobody made: time itself did."""
    return Call(
        books, form={}, path={}, now=now, request_id=None, idempotency_key=None, base_url=""
    )
