"""Whether a database's rows lie in its own cluster's past.

A dump keeps the transaction ids of the cluster it came from. As long as a new cluster numbers its
own below them, what comes next looks older than what is there, so nothing may start on it.
"""

from psycopg import sql

from transactional.database import Transaction
from transactional.errors import UnavailableError

COLUMNS = """
select relname as table_name, attname as column_name
from pg_attribute join pg_class on pg_class.oid = attrelid
where atttypid = 'xid8'::regtype and relnamespace = 'public'::regnamespace
and relkind in ('r', 'p') and not relispartition and attnum > 0 and not attisdropped
"""
NEWEST = sql.SQL("select max({}::text::numeric)::bigint as xid from {}")
# Found at once, without reading the tables; whoever restores a market restores these.
NEWEST_FACT = sql.SQL("(select xid from outbox order by id desc limit 100) as newest")
NEWEST_POSTING = sql.SQL(
    "(select row_version as xid from postings order by row_version desc limit 1) as newest"
)


class RestoreUnfinishedError(UnavailableError):
    """Rows of this database lie in its future: it needs `rynek restore`."""

    code = "restore_unfinished"


def newest_xid(connection: Transaction) -> int:
    """The highest transaction id that any row carries; reads every table that has them."""
    columns = connection.execute(COLUMNS).fetchall()
    queries = [
        NEWEST.format(sql.Identifier(row["column_name"]), sql.Identifier(row["table_name"]))
        for row in columns
    ]
    return max((_xid(connection, query) for query in queries), default=0)


def next_xid(connection: Transaction) -> int:
    """The first transaction id that this cluster has not given out."""
    return _xid(
        connection, sql.SQL("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid")
    )


def demand_past(connection: Transaction) -> None:
    """Judged by the newest facts and the newest posting. Raises RestoreUnfinishedError."""
    for newest in (NEWEST_FACT, NEWEST_POSTING):
        if _xid(connection, NEWEST.format(sql.SQL("xid"), newest)) >= next_xid(connection):
            raise RestoreUnfinishedError


def _xid(connection: Transaction, query: sql.SQL | sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return 0 if row is None or row["xid"] is None else int(row["xid"])
