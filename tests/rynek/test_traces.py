"""The search for names outside Postgres: it must find what was left there."""

from pathlib import Path

import duckdb
import pytest
import redis

from rynek import traces
from rynek.traces import READ_AT_ONCE

WORDS = ("canary-9c2e@example.org", "Canary Birdsong")


@pytest.fixture
def client(redis_server: str) -> "redis.Redis":
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    return client


def test_a_word_is_found_under_every_type_of_key(client: "redis.Redis", redis_server: str) -> None:
    said = f"To {WORDS[0]}, again and again {'x' * 200}"
    client.set("a string", said)
    client.hset("a hash", "email", said)
    client.rpush("a list", "one", said)
    client.sadd("a set", "one", said)
    client.zadd("a sorted set", {said: 1})
    client.xadd("a stream", {"fact": said})
    client.set(f"named {WORDS[1]}", "")
    client.xadd("facts", {"key": "ord_1"})
    assert sorted(traces.in_redis(redis_server, WORDS)) == [
        "a hash",
        "a list",
        "a set",
        "a sorted set",
        "a stream",
        "a string",
        f"named {WORDS[1]}",
    ]


def test_a_word_is_found_in_files_even_across_pieces_but_not_where_it_may_be(
    tmp_path: Path,
) -> None:
    for name in ("logs/core.log", "postgres/data/1", "mail/1.eml", "run/core.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"To {WORDS[0]}")
    (tmp_path / "run/core.json").write_text("{}")
    split = b"." * (READ_AT_ONCE - 5) + WORDS[1].encode() + b"."
    (tmp_path / "logs/long.log").write_bytes(split)
    assert traces.in_files(tmp_path, WORDS) == ["logs/core.log", "logs/long.log"]


def test_a_word_is_found_in_tables_whose_bytes_do_not_show_it(tmp_path: Path) -> None:
    said = "select format('canary-{:x}@example.org', i) as query from range(50_000) as t (i)"
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.sql(f"create schema source; create table source.events as {said}")
        connection.sql(f"copy ({said}) to '{tmp_path}/month.parquet' (compression zstd)")
        connection.sql(f"copy (select 1 as units) to '{tmp_path}/other.parquet'")
    assert WORDS[0].encode() not in (tmp_path / "month.parquet").read_bytes()
    assert traces.in_files(tmp_path, WORDS) == ["month.parquet", "warehouse.duckdb"]
