"""Writing the rules that carts are priced by: begun, ended, withdrawn before they begin.

No rule is edited and none that has priced anything is deleted, so that what a line froze can be
explained for ever.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from transactional.checkout import rules
from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError, RefusedError

# Every process keeps all rules in memory, so no vendor may fill it.
MOST_OF_ONE_VENDOR = 200
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


class RuleUnknownError(NotFoundError):
    """There is no such rule, or it is not yours."""

    code = "rule_unknown"


class RuleEndedError(ConflictError):
    """The rule has ended already."""

    code = "rule_ended"


class RuleInPastError(RefusedError):
    """A rule begins now or later, and ends after it begins: what was sold keeps what it froze."""

    code = "rule_in_past"


class RuleTargetUnknownError(NotFoundError):
    """The vendor, category or product that the rule is about does not exist."""

    code = "rule_target_unknown"


class TooManyRulesError(ConflictError):
    """A vendor may have 200 rules of a kind that have not ended; end some first."""

    code = "too_many_rules"


@dataclass(frozen=True, slots=True)
class Kind:
    """One table of rules; `begins` and `ends` are its columns of time, both of `unit`."""

    table: str
    key: str
    columns: tuple[str, ...]
    begins: str
    ends: str
    unit: timedelta

    @property
    def of_days(self) -> bool:
        return self.unit == DAY

    @property
    def all_columns(self) -> tuple[str, ...]:
        return (self.key, *self.columns, self.begins, self.ends)


COMMISSION_RULES = Kind(
    "commission_rules", "commission_rule_id", ("vendor_id", "category_id", "rate"),
    "valid_from", "valid_until", INSTANT,
)  # fmt: skip
TAX_RATES = Kind(
    "tax_rates", "tax_rate_id", ("country", "category_id", "rate", "is_marketplace_tax"),
    "valid_from_date", "valid_until_date", DAY,
)  # fmt: skip
COMMISSION_TAX_RATES = Kind(
    "commission_tax_rates", "commission_tax_rate_id", ("country", "rate"),
    "valid_from_date", "valid_until_date", DAY,
)  # fmt: skip
PROMOTIONS = Kind(
    "promotions", "promotion_id", ("vendor_id", "product_id", "category_id", "name", "rate"),
    "starts_at", "ends_at", INSTANT,
)  # fmt: skip


def begin(connection: Transaction, kind: Kind, values: dict[str, Any], now: datetime) -> Row:
    """Write a rule. `values` holds its columns; a missing beginning is the present.

    Raises RuleInPastError, RuleTargetUnknownError, TooManyRulesError.
    """
    present = _present(connection, kind, now)
    values = values | {kind.begins: values.get(kind.begins) or present}
    if values[kind.begins] < present:
        raise RuleInPastError(**{kind.begins: values[kind.begins].isoformat()})
    if values.get(kind.ends) is not None and values[kind.ends] <= values[kind.begins]:
        raise RuleInPastError(**{kind.ends: values[kind.ends].isoformat()})
    if "vendor_id" in kind.columns and values["vendor_id"] is not None:
        refuse_too_many(connection, kind.table, kind.ends, values["vendor_id"], present)
    return insert(connection, kind.table, {name: values.get(name) for name in kind.all_columns[1:]})


def end(connection: Transaction, kind: Kind, key: int, vendor_id: int | None, now: datetime) -> Row:
    """End a rule now, or with the market's day; one that has not begun is withdrawn, whole.

    With `vendor_id` only that vendor's. Raises RuleUnknownError, RuleEndedError.
    """
    present = _present(connection, kind, now)
    row = _locked(connection, kind, key, vendor_id)
    if row[kind.ends] is not None and row[kind.ends] <= present:
        raise RuleEndedError(**{kind.ends: row[kind.ends].isoformat()})
    if row[kind.begins] > present:
        connection.execute(_of_key("delete from {table}", kind), {"key": key})
        return row | {kind.ends: row[kind.begins]}
    ends = present + DAY if kind.of_days else max(present, row[kind.begins] + INSTANT)
    connection.execute(
        _of_key("update {table} set {ends} = %(ends)s", kind), {"key": key, "ends": ends}
    )
    return row | {kind.ends: ends}


def list_page(
    connection: Transaction, kind: Kind, vendor_id: int | None, after: int, limit: int
) -> list[Row]:
    """Rules by key, those that ended too; with `vendor_id` only that vendor's."""
    own = sql.SQL("and vendor_id = %(vendor_id)s" if vendor_id is not None else "")
    query = sql.SQL(
        "select {columns} from {table} where {key} > %(after)s {own} order by {key} limit %(limit)s"
    ).format(
        columns=_names(kind),
        table=sql.Identifier(kind.table),
        key=sql.Identifier(kind.key),
        own=own,
    )
    values = {"vendor_id": vendor_id, "after": after, "limit": limit}
    return connection.execute(query, values).fetchall()


def insert(connection: Transaction, table: str, values: dict[str, Any]) -> Row:
    """Raises RuleTargetUnknownError."""
    query = sql.SQL("insert into {} ({}) values ({}) returning *").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    try:
        row = connection.execute(query, values).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        raise RuleTargetUnknownError from error
    assert row is not None, "an insert returns its row"
    return row


def refuse_too_many(
    connection: Transaction, table: str, ends: str, vendor_id: int, present: datetime | date
) -> None:
    """Raises TooManyRulesError."""
    query = sql.SQL(
        "select count(*) as living from {} where vendor_id = %s and ({ends} is null or {ends} > %s)"
    ).format(sql.Identifier(table), ends=sql.Identifier(ends))
    row = connection.execute(query, (vendor_id, present)).fetchone()
    if row is not None and row["living"] >= MOST_OF_ONE_VENDOR:
        raise TooManyRulesError


def _present(connection: Transaction, kind: Kind, now: datetime) -> Any:
    """The market's day for rules of days, else the moment."""
    return rules.current(connection, now).moment(now).day if kind.of_days else now


def _locked(connection: Transaction, kind: Kind, key: int, vendor_id: int | None) -> Row:
    query = sql.SQL("select {columns} from {table} where {key} = %s for update").format(
        columns=_names(kind), table=sql.Identifier(kind.table), key=sql.Identifier(kind.key)
    )
    row = connection.execute(query, (key,)).fetchone()
    if row is None or (vendor_id is not None and row["vendor_id"] != vendor_id):
        raise RuleUnknownError
    return row


def _of_key(verb: str, kind: Kind) -> sql.Composed:
    return sql.SQL(verb + " where {key} = %(key)s").format(
        table=sql.Identifier(kind.table),
        key=sql.Identifier(kind.key),
        ends=sql.Identifier(kind.ends),
    )


def _names(kind: Kind) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, kind.all_columns))
