from uuid import uuid4

import psycopg
import pytest

from tests.transactional.market import TestMarket, Visit
from transactional import behaviour, invariants
from transactional.behaviour import Event
from transactional.people import erasure, shoppers
from transactional.people.erasure import ParcelUnderWayError
from transactional.people.shoppers import NewShopper, ShopperUnknownError

EMAIL, NAME, REGION = "canary-4b1d@example.org", "Canary Birdsong", "Canary Isles"
STREET = "Canary Street 9"
WORDS = ("canary-4b1d", "Birdsong", "Canary Isles", "Canary Street")

EVERY_ROW = """
select string_agg(format('select %%L as table_name, to_jsonb(t)::text as row from %%I as t',
                         relname, relname), ' union all ')
from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
"""


def remembered(market: TestMarket) -> set[str]:
    """The tables in which a word of the canary's is found."""
    everything = market.value(EVERY_ROW).replace("%", "%%")
    likes = " or ".join(f"row like '%%{word}%%'" for word in WORDS)
    return {
        row["table_name"]
        for row in market.rows(f"select table_name from ({everything}) as all_rows where {likes}")
    }


@pytest.fixture
def canary(market: TestMarket) -> int:
    with market.database.transaction() as connection:
        new = NewShopper(EMAIL, NAME, "ES", REGION)
        shopper_id: int = shoppers.create(connection, new)["shopper_id"]
    return shopper_id


def erase(market: TestMarket, shopper_id: int) -> None:
    with market.database.transaction() as connection:
        erasure.erase(connection, shopper_id, market.clock())


def delivered(market: TestMarket, shopper_id: int, offer_id: int) -> int:
    order_id = market.order((offer_id, 2), shopper=shopper_id)
    market.pay(order_id)
    market.deliver(order_id)
    return order_id


def test_nothing_of_the_shopper_is_found_in_any_table(
    market: TestMarket, visit: Visit, canary: int
) -> None:
    order_id = delivered(market, canary, market.offer())
    market.rows(
        "update orders set ship_to = jsonb_build_object('line1', %s::text) where order_id = %s"
        " returning 1",
        STREET,
        order_id,
    )
    (line,) = market.rows("select line_id from order_lines where order_id = %s", order_id)
    review = {"stars": 5, "text": f"Best tea, says {NAME}"}
    once = {"Idempotency-Key": "review"}
    answer = visit("shopper", canary).post(
        f"/v1/lines/lin_{line['line_id']}/review", json=review, headers=once
    )
    assert answer.status_code == 201, answer.text
    body = {"email": "other@example.org", "name": NAME}
    visit("service").post("/v1/shoppers", json=body, headers={"Idempotency-Key": "sign up"})
    market.rows("delete from shoppers where email = 'other@example.org' returning 1")
    assert {"shoppers", "orders", "reviews", "idempotency_keys"} <= remembered(market)
    market.rows("delete from idempotency_keys where principal like 'service%%' returning 1")
    erase(market, canary)
    assert remembered(market) == set()


def test_an_erased_shoppers_orders_stay_and_lead_to_nobody(market: TestMarket, canary: int) -> None:
    order_id = delivered(market, canary, market.offer())
    before = market.value("select shopper_pseudonym from orders where order_id = %s", order_id)
    erase(market, canary)
    after = market.value(
        "select shopper_pseudonym from vendor_orders where order_id = %s", order_id
    )
    assert after != before
    assert market.status(order_id) == "paid"
    assert market.value("select count(*) from shoppers where shopper_pseudonym = %s", before) == 0
    with psycopg.connect(market.database.url, row_factory=psycopg.rows.dict_row) as connection:
        assert invariants.check(connection) == []


def test_what_an_erased_shopper_and_their_browsers_did_is_gone(
    market: TestMarket, canary: int
) -> None:
    stranger = market.shopper()["shopper_pseudonym"]
    visitor = uuid4()
    with market.database.transaction() as connection:
        browser = shoppers.meet_visitor(connection, visitor)
        own = shoppers.read(connection, canary)["shopper_pseudonym"]
        for pseudonym in (own, browser, stranger):
            event = Event(uuid4(), market.clock(), "search", query=f"tea for {NAME}")
            behaviour.record(connection, pseudonym, [event], market.clock())
        shoppers.merge_visitor(connection, visitor, own, market.clock())
    erase(market, canary)
    left = market.rows("select shopper_pseudonym from behaviour_events")
    assert left == [{"shopper_pseudonym": stranger}]
    buried = {row["key"] for row in market.rows("select key from tombstones")}
    assert {own, browser} <= buried


def test_an_erased_shoppers_tokens_end(market: TestMarket, visit: Visit, canary: int) -> None:
    client = visit("shopper", canary)
    assert client.get("/v1/shoppers/me").status_code == 200
    erase(market, canary)
    assert client.get("/v1/shoppers/me").status_code == 401
    assert market.value("select count(*) from outbox where type = 'token.revoked'") == 1


def test_a_shopper_whose_parcel_is_under_way_is_not_erased(market: TestMarket, canary: int) -> None:
    order_id = market.order((market.offer(), 1), shopper=canary)
    market.pay(order_id)
    with pytest.raises(ParcelUnderWayError):
        erase(market, canary)
    market.deliver(order_id)
    erase(market, canary)


def test_an_operator_erases_over_http_once(market: TestMarket, visit: Visit, canary: int) -> None:
    path = f"/v1/shoppers/shp_{canary}/erase"
    first = visit("operator").post(path, headers={"Idempotency-Key": "1"})
    market.clock.advance(days=1)
    second = visit("operator").post(path, headers={"Idempotency-Key": "2"})
    assert first.status_code == 200, first.text
    assert second.json() == first.json()


def test_nobody_is_erased_who_is_not_there(market: TestMarket) -> None:
    with pytest.raises(ShopperUnknownError):
        erase(market, 99)
