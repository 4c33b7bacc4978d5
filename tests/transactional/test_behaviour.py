import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
import redis
from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from transactional.behaviour import STREAM

URL = "/v1/events"


def event(market: TestMarket, **more: object) -> dict[str, object]:
    at = market.clock().isoformat()
    return {"event_id": str(uuid4()), "type": "view", "occurred_at": at, **more}


def send(client: TestClient, *events: dict[str, object], **more: object) -> dict[str, Any]:
    response = client.post(URL, json={"events": events, **more})
    body: dict[str, Any] = response.json()
    return body | {"http_status": response.status_code}


def test_events_of_a_shopper_are_committed_and_then_on_the_stream(
    market: TestMarket, visit: Visit, stream: "redis.Redis"
) -> None:
    shopper, offer = market.shopper(), market.offer()
    seen = event(
        market, type="impression", offer_id=f"off_{offer}", list_id="home", rank=3, session_id="s"
    )
    answer = send(visit("shopper", shopper["shopper_id"]), seen, event(market, query="tea"))
    assert answer == {"recorded": 2, "duplicates": 0, "http_status": 202}
    (row,) = market.rows("select * from behaviour_events where type = 'impression'")
    assert row["shopper_pseudonym"] == shopper["shopper_pseudonym"]
    assert (row["list_id"], row["rank"]) == ("home", 3)
    assert row["vendor_id"] == market.value("select vendor_id from offers")
    assert row["product_id"] == market.value("select product_id from offers")
    entries = cast(Any, stream.xrange(STREAM))
    assert {json.loads(fields[b"event"])["event_id"] for _, fields in entries} == {
        str(row["event_id"]) for row in market.rows("select event_id from behaviour_events")
    }


def test_an_event_counts_once_within_a_call_across_calls_and_at_any_time(
    market: TestMarket, visit: Visit
) -> None:
    client, once = visit("shopper", market.shopper()["shopper_id"]), event(market)
    later = once | {"occurred_at": (market.clock() - timedelta(hours=1)).isoformat()}
    assert send(client, once, once, later)["recorded"] == 1
    assert send(client, once, later) == {"recorded": 0, "duplicates": 2, "http_status": 202}


def test_twin_deliveries_at_the_same_moment_count_once(market: TestMarket, visit: Visit) -> None:
    client, twin = visit("shopper", market.shopper()["shopper_id"]), event(market)
    times = [(market.clock() - timedelta(seconds=n)).isoformat() for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda at: send(client, twin | {"occurred_at": at}), times))
    assert sum(answer["recorded"] for answer in answers) == 1


def test_a_visitor_needs_no_token_and_is_merged_on_sign_in(
    market: TestMarket, visit: Visit
) -> None:
    visitor, shopper = str(uuid4()), market.shopper()
    assert send(visit(), event(market), visitor_id=visitor)["recorded"] == 1
    (row,) = market.rows("select visitor_pseudonym, merged_into_pseudonym from visitors")
    assert row["merged_into_pseudonym"] is None
    assert row["visitor_pseudonym"] == market.value(
        "select shopper_pseudonym from behaviour_events"
    )
    merge = visit("shopper", shopper["shopper_id"]).post(
        f"/v1/visitors/{visitor}/merge", headers={"Idempotency-Key": "k"}
    )
    assert merge.json()["merged_into_pseudonym"] == shopper["shopper_pseudonym"]
    other = visit("shopper", market.shopper()["shopper_id"]).post(
        f"/v1/visitors/{visitor}/merge", headers={"Idempotency-Key": "k"}
    )
    assert (other.status_code, other.json()["code"]) == (409, "visitor_merged")


def test_events_without_anyone_are_refused(market: TestMarket, visit: Visit) -> None:
    assert send(visit(), event(market))["code"] == "visitor_missing"


@pytest.mark.parametrize("shift", [timedelta(days=-8), timedelta(minutes=6)])
def test_impossible_times_are_refused_and_nothing_is_kept(
    market: TestMarket, visit: Visit, shift: timedelta
) -> None:
    wrong = event(market, occurred_at=(market.clock() + shift).isoformat())
    answer = send(visit(), event(market), wrong, visitor_id=str(uuid4()))
    assert answer["code"] == "event_time_invalid"
    assert answer["event_id"] == wrong["event_id"]
    assert market.value("select count(*) from behaviour_events") == 0


def test_unknown_offers_and_products_are_named(market: TestMarket, visit: Visit) -> None:
    visitor = str(uuid4())
    unknown = send(visit(), event(market, offer_id="off_404"), visitor_id=visitor)
    assert (unknown["code"], unknown["offers"]) == ("offer_unknown", ["off_404"])
    unknown = send(visit(), event(market, product_id="prd_404"), visitor_id=visitor)
    assert (unknown["code"], unknown["products"]) == ("product_unknown", ["prd_404"])


def test_500_events_are_taken_and_501_refused(market: TestMarket, visit: Visit) -> None:
    visitor = str(uuid4())
    many = [event(market) for _ in range(501)]
    assert send(visit(), *many[:500], visitor_id=visitor)["recorded"] == 500
    assert send(visit(), *many, visitor_id=visitor)["code"] == "invalid_request"


def test_without_redis_events_are_still_committed(
    market: TestMarket, visit: Visit, stream: "redis.Redis"
) -> None:
    stream.set(STREAM, "not a stream")
    assert send(visit(), event(market), visitor_id=str(uuid4()))["recorded"] == 1
