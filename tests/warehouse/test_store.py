from pathlib import Path

import duckdb
import pytest

from warehouse import store
from warehouse.errors import WarehouseBusy


def test_a_second_writer_waits_and_then_says_that_the_warehouse_is_busy(tmp_path: Path) -> None:
    with (
        store.opened(tmp_path),
        pytest.raises(WarehouseBusy) as raised,
        store.opened(tmp_path, wait_seconds=0.2),
    ):
        pass
    assert raised.value.code == "warehouse_busy"


def test_the_next_writer_gets_in_when_the_first_one_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), store.opened(tmp_path):
        raise ZeroDivisionError
    with store.opened(tmp_path, wait_seconds=0) as connection:
        assert connection.sql("select count(*) from ledger.loads").fetchall() == [(0,)]


def test_a_run_that_holds_the_turn_can_open_the_warehouse_again_and_again(tmp_path: Path) -> None:
    with store.turn(tmp_path):
        for _ in range(2):
            with store.opened(tmp_path, wait_seconds=0):
                pass
        with pytest.raises(WarehouseBusy), store.turn(tmp_path, wait_seconds=0):
            pass


def test_a_transaction_keeps_all_or_nothing(tmp_path: Path) -> None:
    with store.opened(tmp_path) as connection:
        with pytest.raises(duckdb.Error), store.transaction(connection):
            connection.sql("create table half (x int); select * from nothing")
        left = connection.sql("select * from duckdb_tables() where table_name = 'half'")
        assert left.fetchall() == []
