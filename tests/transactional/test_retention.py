import pytest
import redis

from tests.transactional.facts import consume, publish, write_facts
from tests.transactional.market import TestMarket, Visit
from transactional import invariants
from transactional.facts import outbox, retention
from transactional.facts.consumers import Consumer
from transactional.facts.outbox import FactsPrunedError


def test_facts_go_when_they_are_old_and_everyone_has_read_them(
    market: TestMarket, stream: "redis.Redis", visit: Visit
) -> None:
    write_facts(market, 20)
    publish(market, stream)
    slow = Consumer("slow", lambda *_: None)
    consume(market, slow)
    market.rows("update consumers set position = 12 where name = 'slow' returning 1")
    assert retention.prune(market.database, market.clock()) == 0
    market.clock.advance(days=31)
    assert retention.prune(market.database, market.clock()) == 12
    assert retention.prune(market.database, market.clock()) == 0
    assert market.value("select min(position) from outbox") == 13
    service = visit("service")
    gone = service.get("/v1/facts?after=11")
    assert (gone.status_code, gone.json()["code"]) == (410, "facts_pruned")
    assert len(service.get("/v1/facts?after=12").json()["facts"]) == 8
    assert consume(market, slow) == 8
    assert consume(market, Consumer("newcomer", lambda *_: None)) == 8


def test_a_reader_behind_the_pruned_facts_is_told_and_not_given_a_gap(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    write_facts(market, 5)
    publish(market, stream)
    market.clock.advance(days=31)
    retention.prune(market.database, market.clock())
    with market.database.transaction() as connection, pytest.raises(FactsPrunedError) as refusal:
        outbox.page(connection, 0, 10)
    assert refusal.value.details == {"oldest_position": 5}


def test_orders_outlive_their_facts_and_later_ones_must_still_have_theirs(
    market: TestMarket, stream: "redis.Redis"
) -> None:
    def untold() -> list[str]:
        with market.database.transaction() as connection:
            return [breach.key for breach in invariants.check(connection)]

    offer = market.offer()
    market.paid_order((offer, 1))
    publish(market, stream)
    market.clock.advance(days=31)
    assert retention.prune(market.database, market.clock()) > 0
    assert untold() == []
    market.paid_order((offer, 1))
    market.clock.advance(hours=2)
    market.paid_order((offer, 1))
    publish(market, stream)
    assert untold() == []
    market.rows("delete from outbox where key = 'vor_3' returning 1")
    assert "vor_3" in untold()


def test_what_is_done_with_goes_after_its_time_and_what_is_not_stays(market: TestMarket) -> None:
    market.token("operator")
    market.rows(
        "insert into webhook_events (event_id, type, payload, applied_at, set_aside_at) values"
        " ('done', 't', '{}', now(), null), ('open', 't', '{}', null, null),"
        " ('aside', 't', '{}', null, now()) returning 1"
    )
    for status, sent_at in (("sent", market.clock()), ("failed", None), ("due", None)):
        market.rows(
            "insert into notifications (channel, recipient, kind, topic, subject, body, status,"
            " retry_at, created_at, sent_at) values"
            " ('email', 'a@b', %s, 't', 's', 'b', %s, now(), now(), %s) returning 1",
            *(status, status, sent_at),
        )
    market.clock.advance(days=91)
    assert retention.prune(market.database, market.clock()) == 4
    events = market.rows("select event_id from webhook_events order by 1")
    assert [row["event_id"] for row in events] == ["aside", "open"]
    assert market.value("select status from notifications") == "due"
    assert market.value("select count(*) from tokens") == 0


def test_a_consumer_that_stopped_reading_is_an_open_task(
    market: TestMarket, stream: "redis.Redis", visit: Visit
) -> None:
    def behind() -> list[tuple[str, str]]:
        tasks = visit("operator").get("/v1/open-tasks").json()["data"]
        return [(task["kind"], task["key"]) for task in tasks]

    consumer = Consumer("slow", lambda *_: None)
    consume(market, consumer)
    market.rows("delete from consumers where name <> 'slow' returning 1")
    write_facts(market, 3)
    publish(market, stream)
    assert behind() == [], "it may be at work"
    market.clock.advance(minutes=2)
    assert behind() == [("consumer_behind", "slow")]
    consume(market, consumer)
    assert behind() == []
