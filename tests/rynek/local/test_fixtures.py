"""The fixtures other tests stand on."""

import psycopg
import pytest
import redis

from rynek.local.addresses import Addresses
from rynek.local.process import answers


@pytest.mark.parametrize("round", [1, 2])
def test_each_test_has_a_migrated_database_of_its_own(database_url: str, round: int) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("create table mine (round int)")
        row = connection.execute("select to_regclass('orders') is not null").fetchone()
        assert row == (True,)


def test_the_pipeline_reads_orders_and_writes_none(pipeline_database_url: str) -> None:
    with psycopg.connect(pipeline_database_url) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from orders")


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        found = connection.execute("select tablename from pg_tables where schemaname = 'public'")
        assert found.fetchall() == []


@pytest.mark.parametrize("round", [1, 2])
def test_each_test_finds_redis_empty(redis_url: str, round: int) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.set("mine", round, nx=True)


def test_the_stand_in_for_stripe_answers(stripe: Addresses) -> None:
    assert stripe.stripe_api_key.startswith("sk_test_")
    assert answers(f"{stripe.stripe_api_base}/healthz")()
