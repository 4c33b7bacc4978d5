"""What tests of consumers and of retention share: write facts, publish them, consume them."""

import redis

from tests.transactional.market import TestMarket
from transactional.facts import consumers
from transactional.facts.consumers import Consumer
from transactional.facts.relay import RedisSink, Relay


def write_facts(market: TestMarket, count: int) -> None:
    market.rows(
        "insert into outbox (type, key, version, payload, occurred_at)"
        " select 'test', 'thing_' || n, 1, '{}', now() from generate_series(1, %s) as n"
        " returning 1",
        count,
    )


def publish(market: TestMarket, stream: "redis.Redis") -> None:
    with Relay(market.settings.database_url, RedisSink(stream)) as relay:
        relay.run_once(market.clock)


def consume(market: TestMarket, consumer: Consumer) -> int:
    count = 0
    while read := consumers.run_once(market.database, consumer, market.clock()):
        count += read
    return count
