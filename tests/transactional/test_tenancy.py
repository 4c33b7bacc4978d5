"""What vendors and shoppers see inside the database, whatever the code above it forgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from tests.transactional.http.cast import Cast, assemble
from tests.transactional.market import TestMarket, Visit
from transactional.access import tenancy, tokens
from transactional.access.tokens import Role
from transactional.database import Transaction
from transactional.http import orders, vendor_orders
from transactional.ordering import vendor_orders as stored

TENANTS = "column_name in ('vendor_id', 'shopper_id', 'shopper_pseudonym')"


@pytest.fixture
def cast(market: TestMarket, visit: Visit) -> Cast:
    return assemble(market, visit)


@contextmanager
def as_tenant(market: TestMarket, role: Role, subject_id: int) -> Iterator[Transaction]:
    with market.database.transaction() as connection:
        token = tokens.mint(connection, role, subject_id, timedelta(hours=1))
        who = tokens.introspect(connection, token)
        assert who is not None
        tenancy.enter(connection, who)
        yield connection


def counted(connection: Transaction, table: str, condition: str = "true") -> int:
    query = sql.SQL("select count(*) from {} where " + condition).format(sql.Identifier(table))
    (row,) = connection.execute(query).fetchall()
    return int(row["count"])


def may_select(connection: Transaction, table: str) -> bool:
    (row,) = connection.execute(
        "select has_table_privilege(current_user, %s, 'select') as may", (table,)
    ).fetchall()
    return bool(row["may"])


def test_every_table_with_a_tenants_column_has_row_level_security(market: TestMarket) -> None:
    bare = market.rows(
        "select distinct table_name from information_schema.columns"
        " join pg_class on pg_class.oid = format('public.%%I', table_name)::regclass"
        f" where table_schema = 'public' and {TENANTS}"
        " and not relispartition and not relrowsecurity"
    )
    assert bare == []


def test_tenants_roles_write_nothing_and_see_no_table_without_a_policy(market: TestMarket) -> None:
    written = market.rows(
        "select table_name, privilege_type from information_schema.role_table_grants"
        " where grantee in ('rynek_vendor', 'rynek_shopper') and privilege_type <> 'SELECT'"
    )
    secret = {"tokens", "idempotency_keys", "outbox", "audit", "webhook_events", "allowed_moves"}
    granted = market.rows(
        "select distinct table_name from information_schema.role_table_grants"
        " where grantee in ('rynek_vendor', 'rynek_shopper')"
    )
    assert written == []
    assert secret.isdisjoint(row["table_name"] for row in granted)


def test_no_view_shows_what_its_owner_sees(market: TestMarket) -> None:
    """A plain view reads as its owner, whom no policy binds."""
    leaking = (
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('v', 'm')"
        " and not coalesce(reloptions @> array['security_invoker=true'], false)"
    )
    assert market.rows(leaking) == []
    with market.database.transaction() as connection, connection.transaction(force_rollback=True):
        connection.execute("create view every_order as select * from orders")
        assert [row["relname"] for row in connection.execute(leaking)] == ["every_order"]


def test_the_core_connects_as_a_role_that_owns_nothing_and_rewrites_no_journal(
    market: TestMarket, app_database_url: str
) -> None:
    with psycopg.connect(app_database_url) as connection:
        owned = connection.execute("select from pg_class where relowner = current_user::regrole")
        assert owned.rowcount == 0
        for statement in ("update postings set amount_cents = 1", "delete from stock_moves"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


@pytest.mark.parametrize("role", ["vendor", "shopper"])
def test_a_role_without_a_tenant_sees_nothing_of_anybody(
    cast: Cast, market: TestMarket, role: str
) -> None:
    with market.database.transaction() as connection:
        connection.execute("select set_config('rynek.is_acting', 'on', true)")
        connection.execute("select set_config('role', %s, true)", (f"rynek_{role}",))
        seen = {
            table
            for table in opened_to(connection, role)
            if may_select(connection, table) and counted(connection, table)
        }
    assert seen == set()


def opened_to(connection: Transaction, role: str) -> list[str]:
    found = connection.execute("select tablename from pg_policies where policyname = %s", (role,))
    return [row["tablename"] for row in found]


def test_a_vendor_sees_no_row_of_another_vendor(cast: Cast, market: TestMarket) -> None:
    public = {"offers", "reviews", "stock"}
    with as_tenant(market, "vendor", 1) as connection:
        own = {table for table in opened_to(connection, "vendor") if counted(connection, table)}
    with as_tenant(market, "vendor", 2) as connection:
        foreign = {
            table
            for table in opened_to(connection, "vendor")
            if table not in public and has_foreign_rows(connection, table)
        }
    assert {"orders", "vendor_orders", "order_lines", "transfers", "refunds", "timers"} <= own
    assert foreign == set()


def has_foreign_rows(connection: Transaction, table: str) -> bool:
    """The second vendor has sold nothing: what it sees must be its own or the market's."""
    columns = connection.execute(f"select * from {table} limit 1").description or []
    if "vendor_id" in [column.name for column in columns]:
        return counted(connection, table, "vendor_id <> 2") > 0
    return table not in {"owners", "postings", "journals"} and counted(connection, table) > 0


def test_the_database_keeps_strangers_out_where_the_code_forgets_to(
    cast: Cast, market: TestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "demand_own", lambda *_: None)
    reading = ("get", "/v1/orders/ord_1", "other shopper")
    acting = ("post", "/v1/vendor-orders/vor_1/ship", "other vendor")
    monkeypatch.setattr(
        vendor_orders,
        "_own",
        lambda connection, who, key: stored.read(connection, key),
    )
    for attempt in (reading, acting):
        assert tried(cast, *attempt) == 404
    with market.database.transaction() as connection:
        for table in ("orders", "vendor_orders"):
            connection.execute(f"alter table {table} disable row level security")
    try:
        assert [tried(cast, *attempt) for attempt in (reading, acting)] == [200, 200]
    finally:
        with market.database.transaction() as connection:
            for table in ("orders", "vendor_orders"):
                connection.execute(f"alter table {table} enable row level security")


def tried(cast: Cast, method: str, path: str, who: str) -> int:
    headers = {"Idempotency-Key": f"{who} tries {path}"}
    body: dict[str, str] | None = {} if method == "post" else None
    status: int = cast.clients[who].request(method, path, json=body, headers=headers).status_code
    return status
