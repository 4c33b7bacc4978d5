import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rynek.local.stripe.balances import book, funds, mature, processing_fee
from rynek.local.stripe.store import Store, StoreTakenError
from tests.rynek.local.stripe.standins import Standin, running

INTENT = {"id": "pi_1", "object": "payment_intent", "created": 1, "status": "succeeded"}


def test_the_database_refuses_a_move_that_the_table_does_not_list(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.transaction() as books:
        record = books.add(INTENT)

    record.body = {**INTENT, "status": "canceled"}
    with pytest.raises(sqlite3.IntegrityError, match="moves"), store.transaction() as books:
        books.keep(record)
    store.close()


def add_twice(store: Store) -> None:
    with store.transaction() as books:
        books.add(INTENT)
        books.add(INTENT)


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(sqlite3.IntegrityError):
        add_twice(store)

    with store.transaction() as books:
        assert books.find("payment_intent", "pi_1") is None
    store.close()


def test_accounts_do_not_see_each_others_objects(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.transaction("acct_1") as books:
        books.add(INTENT)
        assert books.find("payment_intent", "pi_1") is not None
        assert books.of("acct_2").find("payment_intent", "pi_1") is None
    store.close()


def test_money_becomes_available_when_its_time_has_come(tmp_path: Path) -> None:
    store = Store(tmp_path)
    source = {"id": "ch_1", "currency": "usd", "description": None}
    with store.transaction() as books:
        book(books, source=source, kind="charge", amount_cents=900, now=10, available_on=20)
        mature(books, 19)
        early = funds(books)
        mature(books, 20)
        late = funds(books)
    store.close()

    assert (early["pending"], early["available"]) == ({"usd": 900}, {})
    assert (late["pending"], late["available"]) == ({}, {"usd": 900})


@pytest.mark.parametrize(
    ("amount_cents", "fee_cents"), [(50, 31), (100, 33), (10_000, 320), (1_999, 88), (12_345, 388)]
)
def test_the_fee_is_2_9_percent_and_30_cents_rounded_once(
    amount_cents: int, fee_cents: int
) -> None:
    assert processing_fee(amount_cents) == fee_cents


def test_two_standins_do_not_share_a_store(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreTakenError):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


def test_a_fault_of_the_standin_is_told_as_stripe_would(tmp_path: Path) -> None:
    with running(tmp_path) as standin:
        asked = {"amount": "500", "currency": "usd"}
        created = standin.http("POST", "/v1/payment_intents", data=asked)
        with sqlite3.connect(tmp_path / "stripe.sqlite") as connection:
            connection.execute("alter table deliveries rename to lost")
        found = standin.http("GET", "/v1/payment_intents")
        listed = standin.http("GET", "/v1/events")

        health = standin.http("GET", "/healthz")

    statuses = [one.status_code for one in (created, found, listed, health)]
    assert statuses == [200, 200, 500, 503]
    assert listed.json()["error"]["type"] == "api_error"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--host", "0.0.0.0"], "not a loopback address"),
        (["--host", "192.168.1.5"], "not a loopback address"),
        (["--host", "localhost.market.example"], "not a loopback address"),
        (["--webhook-url", "http://127.0.0.1:1"], "go together"),
        ([], "already uses this store"),
    ],
)
def test_a_bad_start_ends_with_the_reason(
    standin: Standin, recording: Path, arguments: list[str], complaint: str
) -> None:
    store = recording.parent / "store"
    command = [sys.executable, "-m", "rynek.local.stripe", "--store", str(store), "--port", "1"]
    ended = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)

    assert ended.returncode == 2
    assert complaint in ended.stderr
