"""The tables' rules, held for a whole history at once instead of row by row.

Row triggers and foreign keys cost more than the rows themselves (Olist: 34 s with them, 17 s
without). So, where the role may, they rest for this one transaction: rows come with their
row_version, and before the commit every foreign key and every journal is checked as a set.
Check, unique and not-null constraints are never lifted.
"""

from collections.abc import Iterable

from psycopg import Connection, sql

from rynek.history.errors import HistoryInconsistentError

# Insert triggers whose work this module does; with a strange one, all triggers stay on.
_KNOWN_TRIGGERS = ["stamp_row_version", "journal_balances"]

_MAY_LIFT = """
select has_parameter_privilege('session_replication_role', 'set')
   and not exists (
       select from pg_trigger
       where not tgisinternal and tgname <> all (%s)
         and tgtype & 4 <> 0  -- fires on insert
         and tgrelid = any (select oid from pg_class where relnamespace = 'public'::regnamespace))
"""

_REFERENCES = """
select child.relname, child_column.attname, parent.relname, parent_column.attname
from pg_constraint as reference
join pg_class as child on child.oid = reference.conrelid
join pg_class as parent on parent.oid = reference.confrelid
join pg_attribute as child_column
    on child_column.attrelid = child.oid and child_column.attnum = any (reference.conkey)
join pg_attribute as parent_column
    on parent_column.attrelid = parent.oid and parent_column.attnum = any (reference.confkey)
where reference.contype = 'f' and child.relname = any (%s)
order by child.relname, child_column.attname
"""

_LOST = """
select count(*) from {child} as child
where child.row_version = pg_current_xact_id() and child.{child_column} is not null
  and not exists (select from {parent} as parent
                  where parent.{parent_column} = child.{child_column})
"""

_UNBALANCED = """
select journal_id from postings where row_version = pg_current_xact_id()
group by journal_id having sum(amount_cents) <> 0 limit 1
"""


def lift(connection: Connection) -> str | None:
    """Rest the row triggers until the transaction ends, or until `hold`.

    Returns the row_version that rows must then carry; None where the triggers stay on.
    """
    row = connection.execute(_MAY_LIFT, [_KNOWN_TRIGGERS]).fetchone()
    if row is None or not row[0]:
        return None
    connection.execute("set local session_replication_role = replica")
    stamp = connection.execute("select pg_current_xact_id()::text").fetchone()
    return None if stamp is None else str(stamp[0])


def hold(connection: Connection, tables: Iterable[str]) -> None:
    """Check what this transaction wrote to `tables`, and bring the triggers back.

    Raises HistoryInconsistentError.
    """
    connection.execute("set local session_replication_role = origin")
    for reference in connection.execute(_REFERENCES, [list(tables)]).fetchall():
        _refuse_lost(connection, *reference)
    unbalanced = connection.execute(_UNBALANCED).fetchone()
    if unbalanced:
        raise HistoryInconsistentError(
            f"Journal {unbalanced[0]} does not balance; nothing was written"
        )


def _refuse_lost(
    connection: Connection, child: str, child_column: str, parent: str, parent_column: str
) -> None:
    names = {
        "child": child,
        "child_column": child_column,
        "parent": parent,
        "parent_column": parent_column,
    }
    query = sql.SQL(_LOST).format(**{role: sql.Identifier(name) for role, name in names.items()})
    lost = connection.execute(query).fetchone()
    if lost and lost[0]:
        raise HistoryInconsistentError(
            f"{lost[0]:,} rows of {child} name no {parent} by {child_column}; nothing was written"
        )
