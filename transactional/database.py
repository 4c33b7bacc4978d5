"""The one transaction manager: only it commits, and nothing inside it may reach the network."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import PipelineStatus
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from transactional.errors import UnavailableError

# A connection inside a transaction that `Database` opened; those who take one never commit.
Transaction = psycopg.Connection[DictRow]
Row = dict[str, Any]

POOL_SIZE = 16
SECONDS_TO_WAIT_FOR_A_CONNECTION = 5.0
# The pool tells nobody who waits that Postgres is back, and doubles its pauses: so ask it anew.
SECONDS_BETWEEN_CONNECTS = 0.5
# A lock that is not had by then answers 'busy'; a statement that runs longer is a fault, not a
# load. A process that is stopped in a transaction keeps its locks for so long, and loses them.
SESSION_OPTIONS = (
    "-c lock_timeout=4s -c statement_timeout=30s -c timezone=UTC"
    " -c idle_in_transaction_session_timeout=10s -c transaction_timeout=120s"
)
# A statement sent again and again is planned once, whatever its values.
PLANS_ARE_KEPT = " -c plan_cache_mode=force_generic_plan"
# What a second try may cure: deadlocks, lock and pool timeouts, lost connections.
PASSING_ERRORS = (
    psycopg.OperationalError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)

SQL_FOLDER = Path(__file__).parent / "sql"


class DatabaseBusyError(UnavailableError):
    """The database is busy or restarting; try again in a moment with the same Idempotency-Key."""

    code = "database_busy"


@cache
def statement(name: str) -> bytes:
    """The text of sql/<name>.sql without comments: psycopg reads longer ones anew each time."""
    lines = (SQL_FOLDER / f"{name}.sql").read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lstrip().startswith(b"--"))


class Database:
    """A pool of connections to the core's Postgres."""

    def __init__(self, url: str, size: int = POOL_SIZE, *, is_counter: bool = False) -> None:
        """At a counter the same is asked again and again, by someone who asks twice: plans are
        kept, and connections are not tried before they are lent.
        """
        self.url = url
        self._is_counter = is_counter
        options = SESSION_OPTIONS + PLANS_ARE_KEPT * is_counter
        self._pool: ConnectionPool[Transaction] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row, "options": options, "autocommit": True},
            check=None if is_counter else self._check,
            min_size=1,
            max_size=size,
            timeout=SECONDS_TO_WAIT_FOR_A_CONNECTION,
            reconnect_timeout=SECONDS_BETWEEN_CONNECTS,
            open=False,
        )

    def __enter__(self) -> "Database":
        self._pool.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def as_market(self) -> "Database":
        """Where a vendor's or shopper's request writes down what the market learned by it."""
        return self

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commits at the end of the block, rolls back when it raises.

        Raises DatabaseBusyError for what a second try may cure.
        """
        with self._lent() as connection, connection.transaction():
            yield connection

    @contextmanager
    def pipelined(self) -> Iterator[Transaction]:
        """A `transaction` whose statements are sent on without waiting for one another: whoever
        executes several before fetching from any waits for one answer of the network.

        The commit is asked for together with what was executed last, so whatever is to prevent it
        raises in the database, or is known before.
        """
        with self._lent() as connection, _clean(connection), connection.pipeline():
            try:
                yield connection
            except BaseException:
                if _status(connection) != PipelineStatus.ABORTED:
                    connection.close()  # so that the pipeline's end commits nothing
                raise

    @contextmanager
    def unbound(self) -> Iterator[Transaction]:
        """Each statement is a transaction of its own."""
        with self._lent() as connection:
            yield connection

    @contextmanager
    def _lent(self) -> Iterator[Transaction]:
        try:
            connection = self._connected()
            try:
                yield connection
            finally:
                if self._is_counter and connection.broken:
                    self._pool.drain()
                self._pool.putconn(connection)
        except PASSING_ERRORS as error:
            raise DatabaseBusyError from error

    def _connected(self) -> Transaction:
        deadline = time.monotonic() + SECONDS_TO_WAIT_FOR_A_CONNECTION
        while True:
            try:
                return self._pool.getconn(SECONDS_BETWEEN_CONNECTS)
            except PoolTimeout:
                if time.monotonic() > deadline:
                    raise

    def _check(self, connection: Transaction) -> None:
        """Where one connection has broken, Postgres was restarted, and the others have too."""
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            self._pool.drain()
            raise


@contextmanager
def _clean(connection: Transaction) -> Iterator[None]:
    """Nobody is lent a connection whose pipeline could not be ended, as after a refused commit."""
    try:
        yield
    finally:
        if _status(connection) != PipelineStatus.OFF:
            connection.close()


def _status(connection: Transaction) -> int | None:
    """Of the connection's pipeline; None once it is closed."""
    return None if connection.closed else connection.pgconn.pipeline_status
