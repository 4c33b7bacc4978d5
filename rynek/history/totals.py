"""Known totals of the public data sets, and reading them back from Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection


@dataclass(frozen=True)
class Total:
    """A figure that must come out of an import.

    `query` yields one number and takes %(source)s; `unit` is "rows" or "cents".
    """

    name: str
    unit: str
    query: str
    expected: int


@dataclass(frozen=True)
class TotalFound:
    """A total and what Postgres says."""

    total: Total
    found: int

    @property
    def is_exact(self) -> bool:
        return self.found == self.total.expected


def read_back(
    connection: Connection, source: str, totals: Sequence[Total]
) -> tuple[TotalFound, ...]:
    """Ask Postgres for `totals` of what was imported from `source`."""
    return tuple(TotalFound(total, _number(connection, source, total.query)) for total in totals)


def _number(connection: Connection, source: str, query: str) -> int:
    row = connection.execute(query.encode(), {"source": source}).fetchone()
    return int(row[0] or 0) if row else 0
