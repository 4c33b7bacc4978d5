"""Writers with every shape of transaction: long, rolled back, in savepoints, in two phases."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from random import Random

import psycopg

from rynek.soak.live.shop import Connection, do_something
from transactional.facts import outbox

# Between two transactions of a writer, on average.
REST_SECONDS = 0.03
LONGEST_SECONDS = 3.0
RECONNECT_SECONDS = 0.1
# A rollback that finds its connection broken is not taken in by its transaction.
FAULTS_OF_A_KILL = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.Rollback)
XID = "select pg_current_xact_id()::text::bigint"
LEFT_OPEN = "select gid from pg_prepared_xacts where database = current_database() and gid like %s"

Commits = SimpleQueue[tuple[int, float]]
"""Of each commit its transaction id, and when it was answered (time.monotonic)."""


@dataclass
class Writer:
    """One connection after the other, on which transactions follow each other until it is over."""

    name: str
    url: str
    chance: Random
    commits: Commits
    numbers: "count[int]" = field(default_factory=count)

    def run(self, over: Event) -> None:
        while not over.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True) as connection:
                    self._close_what_is_open(connection)
                    while not over.is_set():
                        self.turn(connection)
                        time.sleep(self.chance.expovariate(1 / REST_SECONDS))
            except FAULTS_OF_A_KILL:
                time.sleep(RECONNECT_SECONDS)  # Postgres comes back

    def finish(self) -> None:
        """Leave nothing prepared."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            self._close_what_is_open(connection)

    def turn(self, connection: Connection) -> None:
        shape = self.chance.choices(list(SHAPES), weights=list(SHAPES.values()))[0]
        shape(self, connection)

    def plain(self, connection: Connection) -> None:
        with connection.transaction():
            self._do(connection)
            outbox.announce(connection)
            xid = self._xid(connection)
        self._committed(xid)

    def without_waiting_for_disk(self, connection: Connection) -> None:
        with connection.transaction():
            connection.execute("set local synchronous_commit = off")
            self._do(connection)
            outbox.announce(connection)

    def long(self, connection: Connection) -> None:
        with connection.transaction():
            self._do(connection)
            time.sleep(self.chance.uniform(0.1, LONGEST_SECONDS))
            self._do(connection)
            outbox.announce(connection)
            xid = self._xid(connection)
        self._committed(xid)

    def rolled_back(self, connection: Connection) -> None:
        with connection.transaction():
            self._do(connection)
            raise psycopg.Rollback

    def in_savepoints(self, connection: Connection) -> None:
        with connection.transaction():
            for is_kept in (True, False, True):
                with connection.transaction():
                    self._do(connection)
                    if not is_kept:
                        raise psycopg.Rollback
            outbox.announce(connection)
            xid = self._xid(connection)
        self._committed(xid)

    def in_two_phases(self, connection: Connection) -> None:
        name = f"{self.name}-{next(self.numbers)}"
        connection.execute("begin")
        self._do(connection)
        connection.execute(f"prepare transaction '{name}'")
        time.sleep(self.chance.uniform(0, LONGEST_SECONDS))
        self._close(connection, name)

    def _close_what_is_open(self, connection: Connection) -> None:
        for (name,) in connection.execute(LEFT_OPEN, (f"{self.name}-%",)).fetchall():
            self._close(connection, name)

    def _close(self, connection: Connection, name: str) -> None:
        is_kept = self.chance.random() < 0.8
        connection.execute(f"{'commit' if is_kept else 'rollback'} prepared '{name}'")
        outbox.announce(connection)

    def _do(self, connection: Connection) -> None:
        do_something(connection, self.chance, datetime.now(UTC))

    def _xid(self, connection: Connection) -> int:
        row = connection.execute(XID).fetchone()
        assert row is not None, "a function has a value"
        return int(row[0])

    def _committed(self, xid: int) -> None:
        self.commits.put((xid, time.monotonic()))


SHAPES: dict[Callable[[Writer, Connection], None], int] = {
    Writer.plain: 60,
    Writer.without_waiting_for_disk: 10,
    Writer.long: 6,
    Writer.rolled_back: 10,
    Writer.in_savepoints: 10,
    Writer.in_two_phases: 6,
}
