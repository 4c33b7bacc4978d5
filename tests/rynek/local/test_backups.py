"""The restore drill: a market is dumped, restored into another cluster, and goes on exactly."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from rynek.local import backups
from rynek.local.backups import TargetNotEmptyError
from rynek.local.installation import demand_own_past
from rynek.local.servers import running
from rynek.market.generating import generate
from transactional import invariants
from transactional.database import Row
from transactional.facts import lineage, outbox
from transactional.facts.lineage import RestoreUnfinishedError
from transactional.facts.relay import Relay
from warehouse import store
from warehouse.errors import RowVersionInFuture
from warehouse.load import load
from warehouse.moment import PgSnapshot

pytestmark = pytest.mark.slow

# An older cluster has given out more ids than a new one.
MANY_TRANSACTIONS = """
do $$ begin for n in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$
"""


class Nowhere:
    """A sink for facts that nobody follows."""

    def publish(self, published: Sequence[Row]) -> None: ...

    def heartbeat(self, position: int, identity: str, now: datetime) -> None: ...


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def connected(database_url: str) -> Iterator[psycopg.Connection[DictRow]]:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def rename_a_vendor(database_url: str) -> None:
    """A change and its fact, in one transaction; the fact is numbered at once."""
    with connected(database_url) as connection, connection.transaction():
        connection.execute(
            "update vendors set name = name || '!', version = version + 1"
            " where vendor_id = (select min(vendor_id) from vendors)"
        )
        row = connection.execute("select min(vendor_id) as first from vendors").fetchone()
        assert row is not None
        outbox.write_vendor(connection, row["first"], now())
    with Relay(database_url, Nowhere()) as relay:
        relay.run_once(now)


def numbered(database_url: str) -> list[tuple[int, int]]:
    """Position and transaction of every fact."""
    with connected(database_url) as connection:
        rows = connection.execute(
            "select position, xid::text::bigint as xid from outbox order by position"
        ).fetchall()
    return [(row["position"], row["xid"]) for row in rows]


def counted(database_url: str) -> Row:
    with connected(database_url) as connection:
        row = connection.execute(
            "select (select count(*) from order_lines) as lines,"
            " (select sum(line_cents) from order_lines)::bigint as cents"
        ).fetchone()
    assert row is not None
    return row


@pytest.fixture
def dump(database_url: str, rynek_home: Path, tmp_path: Path) -> Path:
    generate("tiny", 1, database_url, tmp_path)
    with connected(database_url) as connection:
        connection.execute(MANY_TRANSACTIONS)
    rename_a_vendor(database_url)
    backups.dump(rynek_home, database_url, tmp_path / "market.dump")
    return tmp_path / "market.dump"


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="rynek-restore-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with store.opened(tmp_path / "warehouse") as connection:
        yield connection


def test_a_restored_market_is_sound_and_its_live_tail_begins_where_its_load_ended(
    dump: Path, database_url: str, fresh_home: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    newest = backups.restore(fresh_home, dump)
    backups.examine(fresh_home)
    with pytest.raises(TargetNotEmptyError):
        backups.restore(fresh_home, dump)
    with running(fresh_home, names=("postgres",), environ={}) as addresses:
        demand_own_past(addresses.database_url)
        with connected(addresses.database_url) as connection:
            assert lineage.next_xid(connection) > newest
            assert invariants.check(connection) == []
        assert counted(addresses.database_url) == counted(database_url)

        first = load(warehouse, addresses.pipeline_database_url)
        old = numbered(addresses.database_url)
        rename_a_vendor(addresses.database_url)
        moment = first.load.moment
        tail = [
            position
            for position, xid in numbered(addresses.database_url)
            if position > moment.relay_position and not PgSnapshot.parse(moment.snapshot).sees(xid)
        ]
        assert tail == [old[-1][0] + 1]
        second = load(warehouse, addresses.pipeline_database_url)
    assert first.rows["order_lines"] == counted_lines(warehouse)
    assert {name: rows for name, rows in second.rows.items() if rows} == {"vendors": 1}


def counted_lines(warehouse: duckdb.DuckDBPyConnection) -> int:
    ((lines,),) = warehouse.sql("select count(*) from source.order_lines").fetchall()
    return int(lines)


def test_a_plain_restore_lies_in_its_own_future_and_nothing_starts_on_it(
    dump: Path, fresh_home: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    backups.restore(fresh_home, dump, with_epoch=False)
    with running(fresh_home, names=("postgres",), environ={}) as addresses:
        with pytest.raises(RestoreUnfinishedError):
            demand_own_past(addresses.database_url)
        with pytest.raises(RowVersionInFuture):
            load(warehouse, addresses.pipeline_database_url)
