"""The bulk path on a history small enough to check by hand."""

from datetime import UTC, datetime
from io import StringIO

import polars as pl
import psycopg
import pytest
from psycopg.rows import dict_row
from rich.console import Console

from rynek.history import rules
from rynek.history.books import open_platform_accounts
from rynek.history.bulk import bulk_load, load
from rynek.history.errors import CurrencyMismatchError, HistoryInconsistentError
from rynek.history.identifiers import reserve
from tests.rynek.history.small import breaches, history, loaded, rows
from transactional.migrations import upgrade
from transactional.people import erasure

BALANCES = """
select kind, vendors.name, sum(amount_cents)::bigint
from postings join accounts using (account_id) left join vendors using (vendor_id)
group by kind, vendors.name order by kind, vendors.name
"""
TABLES = [
    "vendors", "products", "offers", "stock", "shoppers", "orders", "vendor_orders", "order_lines",
    "payments", "transfers", "adjustments", "accounts", "journals", "postings", "behaviour_events",
]  # fmt: skip


def test_lines_carry_the_frozen_fees_and_their_share_of_the_shipping(database_url: str) -> None:
    loaded(database_url, history())
    lines = rows(
        database_url,
        "select source_ref, quantity, line_cents, order_lines.shipping_cents, commission_cents,"
        " processing_cents from order_lines join orders using (order_id) order by line_id",
    )
    assert lines == [
        ("o1", 2, 2000, 86, 60, 60),
        ("o1", 1, 333, 14, 10, 10),
        ("o1", 1, 250, 0, 8, 7),
        ("o2", 1, 0, 0, 0, 0),
        ("o3", 3, 3000, 490, 90, 101),
    ]


def test_the_ledger_balances_and_says_what_each_vendor_still_gets(database_url: str) -> None:
    loaded(database_url, history())
    balances = {(kind, vendor): cents for kind, vendor, cents in rows(database_url, BALANCES)}
    assert sum(int(str(cents)) for cents in balances.values()) == 0
    assert balances["vendor_payable", "One"] == 1000, "it owes a returned line"
    assert balances["vendor_payable", "Two"] == 0, "all was transferred"
    assert balances["commission_revenue", None] == -78
    assert balances["processing_recovery", None] == -77
    assert balances["import_difference", None] == -(2700 - 2683) - 50


def test_stock_is_what_came_in_less_what_paid_orders_took(database_url: str) -> None:
    loaded(database_url, history())
    stock = rows(
        database_url,
        "select sku, received_units, available_units, sold_units"
        " from stock join offers using (offer_id) order by sku",
    )
    assert stock == [("A", 10, 8, 2), ("B", 1, 0, 1), ("C", 5, 3, 2)]


def test_the_core_finds_nothing_wrong_with_an_imported_market(database_url: str) -> None:
    loaded(database_url, history())
    assert breaches(database_url) == []


def test_a_second_load_adds_nothing(database_url: str) -> None:
    first, second = loaded(database_url, history(), history())
    assert first["orders"] == 3
    assert second == {}


def test_a_longer_history_adds_only_what_is_new(database_url: str) -> None:
    _, later = loaded(database_url, history(orders=1), history(orders=3))
    assert later == {
        "orders": 2, "vendor_orders": 2, "order_lines": 2, "payments": 1, "journals": 1,
        "postings": 2,
    }  # fmt: skip
    assert breaches(database_url) == []
    stock = rows(
        database_url,
        "select sku, received_units, available_units, sold_units"
        " from stock join offers using (offer_id) order by sku",
    )
    assert stock == [("A", 10, 8, 2), ("B", 1, 0, 1), ("C", 6, 4, 2)], "what it sold came in"


def test_rules_held_as_sets_write_the_same_rows_as_triggers(
    database_url: str, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(empty_database_url)
    loaded(database_url, history())
    monkeypatch.setattr(rules, "lift", lambda connection: None)
    loaded(empty_database_url, history())
    for table in TABLES:
        assert _content(database_url, table) == _content(empty_database_url, table), table


def _content(database_url: str, table: str) -> list[tuple[object, ...]]:
    """The rows without what is random or tells the time of the load."""
    return rows(
        database_url,
        f"select to_jsonb({table}) - '{{row_version,recorded_at,shopper_pseudonym,idempotency_key,"
        f"stripe_account_key}}'::text[] from {table} order by 1",
    )


def test_every_row_is_stamped_with_its_transaction(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert rules.lift(connection) is not None, "the local role may rest triggers"
    loaded(database_url, history())
    for table in set(TABLES) - {"accounts"}:
        stamps = rows(database_url, f"select distinct row_version::text from {table}")
        assert len(stamps) == 1
        assert stamps == rows(database_url, "select distinct row_version::text from orders")


def test_a_strange_trigger_keeps_all_triggers_on(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "create trigger strange before insert on vendors"
            " for each row execute function stamp_row_version()"
        )
        assert rules.lift(connection) is None


def test_a_row_that_points_nowhere_is_refused_before_the_commit(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        stamp = rules.lift(connection)
        connection.execute(
            "insert into stock (offer_id, received_units, available_units, row_version)"
            " values (77, 0, 0, %s)",
            [stamp],
        )
        with pytest.raises(HistoryInconsistentError, match="1 rows of stock name no offers"):
            rules.hold(connection, ["stock"])


def test_an_unbalanced_journal_is_refused_before_the_commit(database_url: str) -> None:
    loaded(database_url, history())
    with psycopg.connect(database_url) as connection:
        stamp = rules.lift(connection)
        connection.execute(
            "insert into postings (journal_id, account_id, amount_cents, row_version)"
            " select journal_id, account_id, 1, %s from postings limit 1",
            [stamp],
        )
        with pytest.raises(HistoryInconsistentError, match="does not balance"):
            rules.hold(connection, ["postings"])


def test_another_currency_is_refused_and_leaves_nothing(database_url: str) -> None:
    loaded(database_url, history())
    with pytest.raises(CurrencyMismatchError):
        loaded(database_url, history(currency="BRL", source="other"))
    assert rows(database_url, "select distinct source from vendors") == [("small",)]


@pytest.mark.parametrize(
    ("table", "change", "complaint"),
    [
        ("lines", pl.lit("nobody").alias("offer_ref"), "unknown offer_ref"),
        ("orders", pl.lit("nobody").alias("shopper_ref"), "unknown shopper_ref"),
        ("vendor_orders", pl.lit("v1").alias("vendor_ref"), "no line"),
        ("vendor_orders", pl.lit("paid").alias("status"), "not cancelled with their order"),
        ("offers", pl.lit(1).alias("received_units"), "sold more than ever came in"),
    ],
)
def test_a_history_that_contradicts_itself_leaves_nothing(
    database_url: str, table: str, change: pl.Expr, complaint: str
) -> None:
    broken = history()
    frames = broken.frames()
    frames[table] = frames[table].with_columns(change)
    with pytest.raises(HistoryInconsistentError, match=complaint):
        loaded(database_url, type(broken).of("broken", "USD", "UTC", **frames))
    assert rows(database_url, "select count(*) from vendors") == [(0,)]


def test_reserved_ids_are_never_given_to_a_live_writer(database_url: str) -> None:
    draw = "select nextval(pg_get_serial_sequence('orders', 'order_id'))"
    with psycopg.connect(database_url) as bulk, psycopg.connect(database_url) as live:
        first = reserve(bulk, "orders", "order_id", 3).to_list()
        taken = live.execute(draw).fetchall()[0][0]
        second = reserve(bulk, "orders", "order_id", 3).to_list()
    assert taken not in first + second
    assert len({*first, *second}) == 6


def test_a_live_sale_does_not_wait_for_an_import(database_url: str) -> None:
    """The accounts of every sale are there before the import's long transaction begins."""
    with bulk_load(database_url, Console(file=StringIO())) as (importing, progress):
        load(importing, history(), progress)
        with psycopg.connect(database_url, options="-c lock_timeout=1s") as live:
            open_platform_accounts(live)
            kinds = live.execute("select count(*) from accounts").fetchall()
    assert kinds == [(5,)]


def test_importing_again_brings_nothing_of_an_erased_shopper_back(database_url: str) -> None:
    loaded(database_url, history())
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        for (shopper_id,) in rows(database_url, "select shopper_id from shoppers"):
            erasure.erase(connection, int(str(shopper_id)), datetime.now(UTC))
    before = rows(database_url, "select shopper_pseudonym from shoppers order by 1")
    assert loaded(database_url, history()) == [{}]
    assert rows(database_url, "select shopper_pseudonym from shoppers order by 1") == before
    assert rows(database_url, "select count(*) from behaviour_events") == [(0,)]
