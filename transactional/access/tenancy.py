"""Vendors and shoppers inside the database: a transaction takes their role and names their id.

What either of them sees is written in migration 0007, as policies. Their roles only read. An effect
is the market's own doing, and happens once the tenant was seen to own what it acts on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from transactional.access.tokens import Caller, Role
from transactional.database import Transaction
from transactional.errors import NotFoundError

DATABASE_ROLES: Mapping[Role, str] = {"vendor": "rynek_vendor", "shopper": "rynek_shopper"}


@dataclass(frozen=True, slots=True)
class Touched:
    """A row that a request names `parameter`: its table, the table's key column, the key."""

    parameter: str
    table: str
    key_column: str
    key: int


def enter(connection: Transaction, who: Caller, *, is_acting: bool = False) -> None:
    """Until the transaction ends it sees what a vendor or shopper sees; others see the market.

    `is_acting` hides what is public and not the tenant's own.
    """
    if who.role in DATABASE_ROLES:
        connection.execute(
            "select set_config('rynek.tenant_id', %s, true),"
            " set_config('rynek.is_acting', %s, true), set_config('role', %s, true)",
            (str(who.subject_id), "on" if is_acting else "off", DATABASE_ROLES[who.role]),
        )


def demand_seen(connection: Transaction, who: Caller, touched: Sequence[Touched]) -> None:
    """`enter`, and find these rows there: a foreign one is as good as none.

    Raises NotFoundError with the code `<noun>_unknown`.
    """
    if who.role in DATABASE_ROLES:
        enter(connection, who)
        _demand(connection, touched)


def demand_own(connection: Transaction, who: Caller, touched: Sequence[Touched]) -> None:
    """That these rows are the tenant's own; from then on the transaction is the market's again.

    Raises NotFoundError with the code `<noun>_unknown`.
    """
    if touched and who.role in DATABASE_ROLES:
        enter(connection, who, is_acting=True)
        _demand(connection, touched)
        connection.execute("select set_config('role', 'none', true)")


def _demand(connection: Transaction, touched: Sequence[Touched]) -> None:
    for each in touched:
        if not _is_seen(connection, each):
            raise _unknown(each)


def _is_seen(connection: Transaction, touched: Touched) -> bool:
    query = sql.SQL("select from {} where {} = %s").format(
        sql.Identifier(touched.table), sql.Identifier(touched.key_column)
    )
    return connection.execute(query, (touched.key,)).rowcount > 0


def _unknown(touched: Touched) -> NotFoundError:
    noun = touched.parameter.removesuffix("_id")
    error = NotFoundError(f"There is no such {noun.replace('_', ' ')}, or it is not yours.")
    error.code = f"{noun}_unknown"  # type: ignore[misc]  # the code of the route's own error for it
    return error
