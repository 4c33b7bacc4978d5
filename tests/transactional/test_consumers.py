from collections.abc import Sequence
from datetime import datetime

import pytest
import redis

from tests.transactional.facts import consume, publish, write_facts
from tests.transactional.market import TestMarket
from transactional.database import Row, Transaction
from transactional.facts import consumers, outbox
from transactional.facts.consumers import Consumer


def write_published_facts(market: TestMarket, count: int) -> None:
    """As the relay left them, without its work."""
    market.rows(
        "with placed as (insert into outbox"
        " (type, key, version, payload, occurred_at, position, is_batch_end)"
        " select 'test', 'thing_' || n, 1, '{}', now(), last_position + n, n = %s"
        " from relay cross join generate_series(1, %s::bigint) as n returning position)"
        " update relay set last_position = newest.position, published_position = newest.position"
        " from (select max(position) as position from placed) as newest returning 1",
        *(count, count),
    )


WEEK_OF_FACTS = 100_000


def test_a_consumer_away_for_a_week_catches_up_exactly_once(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    taken: list[str] = []
    week = Consumer("week", lambda _, page, now: taken.extend(fact["key"] for fact in page))
    write_facts(market, 10)
    publish(market, stream)
    assert consume(market, week) == 10
    write_published_facts(market, WEEK_OF_FACTS)
    stream.flushall()
    assert consume(market, week) == WEEK_OF_FACTS
    assert taken[10:] == [f"thing_{n}" for n in range(1, WEEK_OF_FACTS + 1)]
    assert consume(market, week) == 0


def test_a_page_that_fails_is_read_again_whole(market: TestMarket, stream: "redis.Redis") -> None:
    write_facts(market, 3)
    publish(market, stream)
    tries: list[int] = []

    def stumble(connection: Transaction, page: Sequence[Row], now: datetime) -> None:
        tries.append(len(page))
        outbox.write(connection, "echo", "e", 1, {}, now)
        if len(tries) == 1:
            raise ZeroDivisionError

    clumsy = Consumer("clumsy", stumble)
    with pytest.raises(ZeroDivisionError):
        consumers.run_once(market.database, clumsy, market.clock())
    assert consumers.run_once(market.database, clumsy, market.clock()) == 3
    assert tries == [3, 3]
    assert market.value("select count(*) from outbox where type = 'echo'") == 1


def test_unpublished_facts_are_not_read(market: TestMarket) -> None:
    write_facts(market, 3)
    assert consume(market, Consumer("early", lambda *_: None)) == 0
