from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from transactional.ordering import fulfilment
from transactional.ordering.fulfilment import Shipment

KEYS = count(1)


def post(client: TestClient, path: str, body: Any, status: int = 201) -> Any:
    answer = client.post(path, json=body, headers={"Idempotency-Key": f"review-{next(KEYS)}"})
    assert answer.status_code == status, answer.text
    return answer.json()


def delivered_line(market: TestMarket, offer_id: int, shopper_id: int) -> str:
    """The line of a new order of the offer, delivered."""
    order_id = market.order((offer_id, 1), shopper=shopper_id)
    market.pay(order_id)
    (line,) = market.rows(
        "select line_id, vendor_order_id from order_lines where order_id = %s", order_id
    )
    with market.database.transaction() as connection:
        fulfilment.ship(connection, line["vendor_order_id"], Shipment(), market.clock())
        fulfilment.deliver(connection, line["vendor_order_id"], market.clock())
    return f"lin_{line['line_id']}"


@pytest.fixture
def shopper(market: TestMarket) -> int:
    return int(market.shopper()["shopper_id"])


def test_a_delivered_line_is_reviewed_once_and_changed_for_30_days(
    market: TestMarket, visit: Visit, shopper: int
) -> None:
    line, client = delivered_line(market, market.offer(), shopper), visit("shopper", shopper)
    written = post(client, f"/v1/lines/{line}/review", {"stars": 5, "text": "Fragrant"})
    assert (written["stars"], written["edited_at"]) == (5, None)
    again = post(client, f"/v1/lines/{line}/review", {"stars": 1}, 409)
    assert again["code"] == "line_reviewed"
    path = f"/v1/reviews/{written['review_id']}"
    market.clock.advance(days=30)
    answer = client.patch(path, json={"stars": 3})
    assert answer.json()["stars"] == 3, answer.text
    market.clock.advance(days=1)
    assert client.patch(path, json={"stars": 1}).json()["code"] == "review_settled"
    assert market.value("select stars from reviews") == 3


def test_only_the_buyer_reviews_and_only_what_arrived(
    market: TestMarket, visit: Visit, shopper: int
) -> None:
    market.order((market.offer(), 1), shopper=shopper)
    refused = post(visit("shopper", shopper), "/v1/lines/lin_1/review", {"stars": 5}, 409)
    assert refused["code"] == "line_not_delivered"
    stranger = visit("shopper", market.shopper()["shopper_id"])
    post(stranger, "/v1/lines/lin_1/review", {"stars": 5}, 404)
    post(visit("operator"), "/v1/lines/lin_1/review", {"stars": 5}, 403)
    for stars in (0, 6, 4.5, "5", None):
        post(visit("shopper", shopper), "/v1/lines/lin_1/review", {"stars": stars}, 422)


def test_a_product_shows_its_reviews_newest_first_with_their_sum(
    market: TestMarket, visit: Visit, shopper: int
) -> None:
    offer_id, client = market.offer(), visit("shopper", shopper)
    for stars in (5, 4, 2):
        post(
            client,
            f"/v1/lines/{delivered_line(market, offer_id, shopper)}/review",
            {"stars": stars},
        )
    shown = visit().get("/v1/products/prd_1/reviews?limit=2").json()
    assert [review["stars"] for review in shown["data"]] == [2, 4]
    assert (shown["review_count"], shown["stars_sum"]) == (3, 11)
    assert shown["stars_mean"] == pytest.approx(11 / 3)
    assert "line_id" not in shown["data"][0]
    rest = visit().get(f"/v1/products/prd_1/reviews?cursor={shown['next_cursor']}").json()
    assert [review["stars"] for review in rest["data"]] == [5]
    detail = visit().get("/v1/products/prd_1").json()
    assert (detail["review_count"], detail["stars_sum"]) == (3, 11)


def test_a_removed_review_is_shown_and_counted_no_more(
    market: TestMarket, visit: Visit, shopper: int
) -> None:
    line, client = delivered_line(market, market.offer(), shopper), visit("shopper", shopper)
    review = post(client, f"/v1/lines/{line}/review", {"stars": 1, "text": "spam"})
    path = f"/v1/reviews/{review['review_id']}"
    post(client, f"{path}/remove", {"reason": "mine"}, 403)
    removed = post(visit("operator"), f"{path}/remove", {"reason": "advertising"}, 200)
    assert removed["removal_reason"] == "advertising"
    shown = visit().get("/v1/products/prd_1/reviews").json()
    assert (shown["review_count"], shown["stars_mean"], shown["data"]) == (0, None, [])
    assert client.patch(path, json={"stars": 5}).status_code == 404
    post(client, f"/v1/lines/{line}/review", {"stars": 5}, 409)
