"""The statements that the core's verbs send, recorded as they run, values and all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from transactional.database import Database, Transaction


class Rehearsal(Database):
    """One connection as a database: its transactions are savepoints, undone at the end."""

    def __init__(self, connection: psycopg.Connection[DictRow]) -> None:
        self.connection = connection
        self.sent: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.connection.transaction():
            yield self.connection

    pipelined = unbound = transaction

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """What is sent within the block, as literal statements."""
        sent: list[str] = []

        class Recording(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Any = None, **options: Any) -> "Recording":
                sent.append(psycopg.ClientCursor(self.connection).mogrify(query, params))
                return super().execute(query, params, **options)

        self.connection.cursor_factory = Recording
        try:
            yield sent
        finally:
            self.connection.cursor_factory = psycopg.Cursor


@contextmanager
def rehearsal(database_url: str) -> Iterator[Rehearsal]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield Rehearsal(connection)
        connection.rollback()
