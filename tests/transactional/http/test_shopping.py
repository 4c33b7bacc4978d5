"""A shopper's and a vendor's way through the market, over HTTP alone."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from transactional.http.app import create_app

keys = (f"key-{number}" for number in count())


def post(client: TestClient, path: str, body: object = None, status: int = 200) -> Any:
    answer = client.post(path, json=body, headers={"Idempotency-Key": next(keys)})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_from_an_empty_market_to_a_delivered_order(market: TestMarket, visit: Visit) -> None:
    operator = visit("operator")
    new = {"name": "Tea House", "legal_name": "Tea House Ltd", "country": "US"}
    vendor_id = post(operator, "/v1/vendors", new, 201)["vendor_id"]
    assert post(operator, f"/v1/vendors/{vendor_id}/account")["status"] == "active"
    category = post(operator, "/v1/categories", {"name": "Tea"}, 201)["category_id"]
    vendor = visit("vendor", int(vendor_id.removeprefix("ven_")))
    product = {"title": "Green tea", "category_id": category, "brand": "Leaf"}
    product_id = post(vendor, "/v1/products", product, 201)["product_id"]
    offer = {"product_id": product_id, "sku": "GT", "price_cents": 1_250, "available_units": 4}
    offer_id = post(vendor, "/v1/offers", offer, 201)["offer_id"]
    assert (
        vendor.patch(f"/v1/offers/{offer_id}", json={"price_cents": 1_300}).json()["version"] == 2
    )
    assert post(vendor, f"/v1/offers/{offer_id}/restock", {"units": 6})["available_units"] == 10

    person = post(operator, "/v1/shoppers", {"email": "ada@example.com"}, 201)["shopper_id"]
    token = post(operator, "/v1/tokens", {"role": "shopper", "subject": person}, 201)["token"]
    shopper = visit("shopper", int(person.removeprefix("shp_")))
    shopper.headers["Authorization"] = f"Bearer {token}"
    cart = {"lines": [{"offer_id": offer_id, "quantity": 2}]}
    assert shopper.post("/v1/quote", json=cart).json()["total_cents"] == 3_090
    order = post(shopper, "/v1/orders", cart, 201)
    assert (order["status"], order["total_cents"]) == ("pending_payment", 3_090)
    paid = post(shopper, f"/v1/orders/{order['order_id']}/pay", {"payment_method": "pm_card_visa"})
    assert (paid["status"], paid["order"]["status"]) == ("succeeded", "paid")

    (sale,) = vendor.get("/v1/vendor-orders?status=paid").json()["data"]
    assert sale["net_cents"] == 2_600 + 490 - 78 - 90
    key = sale["vendor_order_id"]
    post(vendor, f"/v1/vendor-orders/{key}/ship", {"tracking_code": "T1"})
    assert post(vendor, f"/v1/vendor-orders/{key}/deliver")["status"] == "delivered"
    seen = shopper.get(f"/v1/orders/{order['order_id']}").json()
    assert seen["vendor_orders"][0]["tracking_code"] == "T1"
    assert "commission_cents" not in str(seen)


def test_a_shortage_names_the_offers_and_what_is_left(market: TestMarket, visit: Visit) -> None:
    offer, shopper = market.offer(units=3), visit("shopper", market.shopper()["shopper_id"])
    cart = {"lines": [{"offer_id": f"off_{offer}", "quantity": 4}]}
    problem = post(shopper, "/v1/orders", cart, 409)
    lacking = {"offer_id": f"off_{offer}", "wanted_units": 4, "available_units": 3}
    assert (problem["code"], problem["lacking"]) == ("out_of_stock", [lacking])


def test_a_cart_with_one_bad_offer_leaves_nothing_behind(market: TestMarket, visit: Visit) -> None:
    good, paused, empty = market.offer(), market.offer(), market.offer(units=0)
    market.rows("update offers set status = 'paused' where offer_id = %s returning 1 as n", paused)
    shopper = visit("shopper", market.shopper()["shopper_id"])
    for bad, status, code in (
        (404_404, 404, "offer_unknown"),
        (paused, 409, "offer_unavailable"),
        (empty, 409, "out_of_stock"),
    ):
        lines = [{"offer_id": f"off_{offer}", "quantity": 1} for offer in (good, bad)]
        assert post(shopper, "/v1/orders", {"lines": lines}, status)["code"] == code
    assert market.units(good) == (100, 0, 0)
    for table in ("orders", "vendor_orders", "holds", "idempotency_keys"):
        assert market.value(f"select count(*) from {table}") == 0


def test_a_lapsed_hold_does_not_refuse_its_units_to_the_next_shopper(
    market: TestMarket, visit: Visit
) -> None:
    offer = market.offer(units=1)
    lapsed = market.order((offer, 1))
    market.clock.advance(minutes=15)
    shopper = visit("shopper", market.shopper()["shopper_id"])
    cart = {"lines": [{"offer_id": f"off_{offer}", "quantity": 1}]}
    assert post(shopper, "/v1/orders", cart, 201)["status"] == "pending_payment"
    assert market.status(lapsed) == "cancelled"


def test_a_challenge_is_in_the_answer(market: TestMarket, visit: Visit) -> None:
    shopper = market.shopper()["shopper_id"]
    order_id = market.order((market.offer(), 1), shopper=shopper)
    body = {"payment_method": "pm_card_threeDSecure2Required"}
    answer = post(visit("shopper", shopper), f"/v1/orders/ord_{order_id}/pay", body)
    assert answer["status"] == "requires_action"
    assert answer["next_action"]
    assert answer["client_secret"]


def test_a_cart_has_at_most_200_lines(market: TestMarket, visit: Visit) -> None:
    offer, shopper = market.offer(units=500), visit("shopper", market.shopper()["shopper_id"])
    line = {"offer_id": f"off_{offer}", "quantity": 1}
    order = post(shopper, "/v1/orders", {"lines": [line] * 200}, 201)
    assert order["vendor_orders"][0]["units"] == 200
    assert post(shopper, "/v1/orders", {"lines": [line] * 201}, 422)["code"] == "invalid_request"


def test_orders_and_vendor_orders_of_others_are_as_good_as_none(
    market: TestMarket, visit: Visit
) -> None:
    order_id = market.paid_order((market.offer(), 1))
    key = market.value("select vendor_order_id from vendor_orders")
    stranger = visit("shopper", market.shopper()["shopper_id"])
    assert stranger.get(f"/v1/orders/ord_{order_id}").json()["code"] == "order_unknown"
    assert post(stranger, f"/v1/orders/ord_{order_id}/cancel", None, 404)["code"] == "order_unknown"
    rival = visit("vendor", market.vendor())
    ship = f"/v1/vendor-orders/vor_{key}/ship"
    assert post(rival, ship, {}, 404)["code"] == "vendor_order_unknown"
    assert rival.get("/v1/vendor-orders").json()["data"] == []


@pytest.mark.parametrize("change", ["restock", "patch"])
def test_a_vendor_changes_only_its_own_offers(
    market: TestMarket, visit: Visit, change: str
) -> None:
    offer, rival = f"/v1/offers/off_{market.offer()}", visit("vendor", market.vendor())
    answer = (
        post(rival, f"{offer}/restock", {"units": 1}, 404)
        if change == "restock"
        else rival.patch(offer, json={"price_cents": 1}).json()
    )
    assert answer["code"] == "offer_unknown"


def test_pages_follow_each_other_to_the_end(market: TestMarket, visit: Visit) -> None:
    vendor = market.vendor()
    offers = [market.offer(vendor=vendor) for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = visit().get(f"/v1/offers?vendor=ven_{vendor}&limit=2{cursor}").json()
        seen += [offer["offer_id"] for offer in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"off_{offer}" for offer in offers]


def test_what_is_overdue_is_an_open_task(market: TestMarket, visit: Visit) -> None:
    market.delivered_order((market.offer(), 1))
    operator = visit("operator")
    (task,) = operator.get("/v1/open-tasks").json()["data"]
    assert task["kind"] == "transfer_overdue"


def test_readiness_names_what_is_missing(market: TestMarket, visit: Visit) -> None:
    assert visit().get("/readyz").json() == {"status": "ready"}
    without_redis = replace(market.settings, redis_url="redis://127.0.0.1:1")
    with TestClient(create_app(without_redis)) as client:
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.json()["missing"] == ["redis"]
