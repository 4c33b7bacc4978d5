import json
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import psycopg
import pytest
import redis

from tests.rynek.local.stripe.standins import until
from tests.transactional.market import TestMarket, Visit
from transactional.database import Row
from transactional.facts import outbox
from transactional.facts import relay as relay_module
from transactional.facts.relay import PUBLISHED, STREAM, RedisSink, Relay, RelayTakenError


def relay(market: TestMarket, stream: "redis.Redis") -> Relay:
    return Relay(market.settings.database_url, RedisSink(stream))


def published(stream: "redis.Redis") -> list[dict[str, Any]]:
    entries = cast(Any, stream.xrange(STREAM))
    found = [(entry_id.decode(), json.loads(fields[b"fact"])) for entry_id, fields in entries]
    assert all(entry_id == f"{fact['position']}-0" for entry_id, fact in found)
    return [fact for _, fact in found]


def write(market: TestMarket, *names: str) -> None:
    with market.database.transaction() as connection:
        for name in names:
            outbox.write(connection, "test", name, 1, {}, market.clock())


def test_facts_get_positions_in_order_and_the_last_ends_the_batch(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    write(market, "a", "b", "c")
    with relay(market, stream) as one:
        assert one.run_once(market.clock) == 3
        write(market, "d")
        assert one.run_once(market.clock) == 1
        assert one.run_once(market.clock) == 0
    assert [(fact["key"], fact["position"], fact["batch_end"]) for fact in published(stream)] == [
        ("a", 1, False),
        ("b", 2, False),
        ("c", 3, True),
        ("d", 4, True),
    ]


def test_a_fact_carries_all_that_a_reader_needs(market: TestMarket, stream: "redis.Redis") -> None:
    write(market, "a")
    with relay(market, stream) as one:
        one.run_once(market.clock)
    (fact,) = published(stream)
    assert fact["identity"] == market.value("select market_identity()")
    assert int(fact["xid"]) == int(market.value("select xid::text from outbox"))
    assert fact.keys() == {
        *("position", "id", "xid", "type", "schema_version", "occurred_at", "recorded_at"),
        *("key", "version", "batch_end", "identity", "payload"),
    }


def test_a_fact_that_commits_late_gets_a_later_position_and_holds_nobody_up(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    with relay(market, stream) as one, market.database.transaction() as late:
        outbox.write(late, "test", "late", 1, {}, market.clock())
        write(market, "early")
        assert one.run_once(market.clock) == 1
        late.execute("commit")
        assert one.run_once(market.clock) == 1
    ids = [(fact["key"], fact["id"]) for fact in published(stream)]
    assert ids == [("early", 2), ("late", 1)]


def test_a_relay_killed_between_numbering_and_publishing_is_continued(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    write(market, "a", "b")
    with relay(market, stream) as one:
        one._number()
    with relay(market, stream) as next_one:
        assert next_one.run_once(market.clock) == 2
    assert [fact["key"] for fact in published(stream)] == ["a", "b"]


def test_a_relay_killed_between_publishing_and_the_mark_publishes_nothing_twice(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    write(market, "a", "b")
    with relay(market, stream) as one:
        one.run_once(market.clock)
    market.rows("update relay set published_position = 0 returning 1")
    write(market, "c")
    with relay(market, stream) as next_one:
        next_one.run_once(market.clock)
    assert [fact["key"] for fact in published(stream)] == ["a", "b", "c"]
    assert market.value("select published_position from relay") == 3


def test_after_redis_lost_everything_it_goes_on_and_the_rest_is_read_from_the_core(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    write(market, "a", "b")
    with relay(market, stream) as one:
        one.run_once(market.clock)
        stream.flushall()
        write(market, "c")
        one.run_once(market.clock)
    assert [fact["key"] for fact in published(stream)] == ["c"]
    with market.database.transaction() as connection:
        page = outbox.page(connection, 0, 2)
    assert [fact["key"] for fact in page.facts] == ["a", "b"]
    assert page.published_position == 3


def test_another_markets_facts_on_the_stream_make_way(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    stream.xadd(STREAM, {"fact": json.dumps({"identity": "1:1:1"})}, id="900-0")
    write(market, "a")
    with relay(market, stream) as one:
        assert one.run_once(market.clock) == 1
    assert [fact["key"] for fact in published(stream)] == ["a"]


def test_unpublished_facts_are_not_served(market: TestMarket) -> None:
    write(market, "a")
    with market.database.transaction() as connection:
        assert outbox.page(connection, 0, 10) == outbox.FactPage([], 0, None)


def test_the_published_position_is_written_each_time_with_its_moment(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    write(market, "a")
    with relay(market, stream) as one:
        one.run_once(market.clock)
        market.clock.advance(seconds=9)
        one.run_once(market.clock)
        beat = json.loads(cast(Any, stream.get(PUBLISHED)))
    assert beat == {
        "position": 1,
        "at": market.clock().isoformat(),
        "identity": market.value("select market_identity()"),
    }


def test_the_heartbeats_moment_lies_before_what_it_does_not_cover(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    class Slow(RedisSink):
        """While it publishes time goes on, and a fact is committed."""

        def publish(self, published: Sequence[Row]) -> None:
            super().publish(published)
            market.clock.advance(seconds=1)
            write(market, "meanwhile")

    write(market, "a")
    begun_at = market.clock()
    with Relay(market.settings.database_url, Slow(stream)) as one:
        assert one.run_once(market.clock) == 1
    beat = json.loads(cast(Any, stream.get(PUBLISHED)))
    assert (beat["position"], beat["at"]) == (1, begun_at.isoformat())
    with market.database.transaction() as connection:
        page = outbox.page(connection, 0, 10)
    assert (page.published_position, page.published_at) == (1, begun_at)


def test_the_core_tells_as_of_when_its_published_facts_are_complete(
    market: TestMarket, stream: "redis.Redis", visit: Visit
) -> None:
    service = visit("service")
    assert service.get("/v1/facts").json()["published_at"] is None
    with relay(market, stream) as one:
        one.run_once(market.clock)
        market.clock.advance(seconds=9)
        one.run_once(market.clock)
    told = service.get("/v1/facts").json()["published_at"]
    assert datetime.fromisoformat(told) == market.clock()


def test_there_is_one_relay_at_a_time(market: TestMarket, stream: "redis.Redis") -> None:
    with relay(market, stream), pytest.raises(RelayTakenError):
        relay(market, stream)
    with relay(market, stream) as next_one:
        assert next_one.run_once(market.clock) == 0


def test_a_relay_that_is_stopped_loses_its_office(
    market: TestMarket, stream: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "session_timeout=30s" in relay_module.SESSION_OPTIONS
    soon = relay_module.SESSION_OPTIONS.replace("session_timeout=30s", "session_timeout=1s")

    def is_taken() -> bool:
        try:
            relay(market, stream).__exit__()
        except RelayTakenError:
            return True
        return False

    with monkeypatch.context() as hasty:
        hasty.setattr(relay_module, "SESSION_OPTIONS", soon)
        stopped = relay(market, stream)
    with stopped:
        until(lambda: not is_taken())
        with pytest.raises(psycopg.OperationalError):
            stopped.run_once(market.clock)


def test_a_new_fact_wakes_the_waiting_relay(market: TestMarket, stream: "redis.Redis") -> None:
    with relay(market, stream) as one:
        waiting = threading.Thread(target=one.wait, args=(30.0,))
        waiting.start()
        write(market, "a")
        waiting.join(10.0)
        assert not waiting.is_alive()


def test_a_lost_connection_frees_the_lock_for_the_next_relay(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    one = relay(market, stream)
    market.rows(
        "select pg_terminate_backend(pid, 5000) from pg_locks"
        " where locktype = 'advisory' and pid <> pg_backend_pid()"
    )
    with pytest.raises(psycopg.OperationalError):
        one.run_once(market.clock)
    with relay(market, stream) as next_one:
        assert next_one.run_once(market.clock) == 0
