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
_KNOWN_TRIGGERS = [
    "stamp_row_version",
    "journal_balances",
    "count_rules_change",
    "refuse_orphans",
    "note_first_prices",
]

_MAY_LIFT = """
select has_parameter_privilege('session_replication_role', 'set')
   and not exists (
       select from pg_trigger
       where not tgisinternal and tgname <> all (%s)
         and tgtype & 4 <> 0  -- fires on insert
         and tgrelid = any (select oid from pg_class where relnamespace = 'public'::regnamespace))
"""

_REFERENCES = """
select child.relname, array_agg(child_column.attname::text order by pair.place),
       parent.relname, array_agg(parent_column.attname::text order by pair.place)
from pg_constraint as reference
join pg_class as child on child.oid = reference.conrelid
join pg_class as parent on parent.oid = reference.confrelid
cross join unnest(reference.conkey, reference.confkey) with ordinality
    as pair (child_number, parent_number, place)
join pg_attribute as child_column
    on child_column.attrelid = child.oid and child_column.attnum = pair.child_number
join pg_attribute as parent_column
    on parent_column.attrelid = parent.oid and parent_column.attnum = pair.parent_number
where reference.contype = 'f' and child.relname = any (%s)
group by reference.oid, child.relname, parent.relname
order by child.relname, 2
"""

_LOST = """
select count(*) from {child} as child
where child.row_version = pg_current_xact_id() and ({child_columns}) is not null
  and not exists (select from {parent} as parent
                  where ({parent_columns}) = ({child_columns}))
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
    connection.execute("update market_rules set version = version + 1")
    for reference in connection.execute(_REFERENCES, [list(tables)]).fetchall():
        _refuse_lost(connection, *reference)
    unbalanced = connection.execute(_UNBALANCED).fetchone()
    if unbalanced:
        raise HistoryInconsistentError(
            f"Journal {unbalanced[0]} does not balance; nothing was written"
        )


def _refuse_lost(
    connection: Connection,
    child: str,
    child_columns: list[str],
    parent: str,
    parent_columns: list[str],
) -> None:
    query = sql.SQL(_LOST).format(
        child=sql.Identifier(child),
        child_columns=_columns("child", child_columns),
        parent=sql.Identifier(parent),
        parent_columns=_columns("parent", parent_columns),
    )
    lost = connection.execute(query).fetchone()
    if lost and lost[0]:
        raise HistoryInconsistentError(
            f"{lost[0]:,} rows of {child} name no {parent} by {', '.join(child_columns)};"
            " nothing was written"
        )


def _columns(table: str, names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in names)
