"""Paying over HTTP: challenges, polling, and orders whose units are kept anew."""

from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import CHALLENGED_CARD, GOOD_CARD, TestMarket, Visit
from tests.transactional.paying import lapse


def post(client: TestClient, path: str, body: object = None, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return client.post(path, json=body, headers=headers)


def ordered(market: TestMarket, visit: Visit, units: int = 1) -> tuple[TestClient, str, int]:
    """A shopper with an order of the offer's only unit: client, path, offer_id."""
    shopper, offer = market.shopper()["shopper_id"], market.offer(units=units)
    order_id = market.order((offer, 1), shopper=shopper)
    return visit("shopper", shopper), f"/v1/orders/ord_{order_id}", offer


def test_a_challenge_is_shown_again_and_its_end_is_seen_by_asking(
    market: TestMarket, visit: Visit, standin: Standin
) -> None:
    shopper, order, _ = ordered(market, visit)
    assert post(shopper, f"{order}/check-payment").json()["status"] == "none"
    first = post(shopper, f"{order}/pay", {"payment_method": CHALLENGED_CARD}).json()
    shown = post(shopper, f"{order}/check-payment").json()
    assert shown["status"] == "requires_action"
    assert (shown["client_secret"], shown["next_action"]) == (
        first["client_secret"],
        first["next_action"],
    )
    standin.authenticate(market.value("select stripe_payment_intent_id from payments"))
    paid = post(shopper, f"{order}/check-payment").json()
    assert (paid["status"], paid["order"]["status"]) == ("succeeded", "paid")


def test_a_failed_challenge_leaves_the_order_open_for_another_card(
    market: TestMarket, visit: Visit, standin: Standin
) -> None:
    shopper, order, _ = ordered(market, visit)
    post(shopper, f"{order}/pay", {"payment_method": CHALLENGED_CARD})
    standin.authenticate(market.value("select stripe_payment_intent_id from payments"), "failed")
    seen = post(shopper, f"{order}/check-payment").json()
    assert seen["status"] == "requires_payment"
    assert seen["order"]["payment_failure_code"] == "payment_intent_authentication_failure"
    assert post(shopper, f"{order}/pay", {"payment_method": GOOD_CARD}).status_code == 200


def test_a_lapsed_order_says_so_and_is_renewed_and_paid(market: TestMarket, visit: Visit) -> None:
    shopper, order, offer = ordered(market, visit)
    post(shopper, f"{order}/pay", {"payment_method": CHALLENGED_CARD})
    lapse(market)
    body = {"payment_method": GOOD_CARD}
    assert post(shopper, f"{order}/pay", body).json()["code"] == "order_not_open"
    key = str(uuid4())
    renewed = post(shopper, f"{order}/renew-hold", key=key)
    assert (renewed.status_code, renewed.json()["status"]) == (200, "pending_payment")
    assert renewed.json()["hold_expires_at"] is not None
    again = post(shopper, f"{order}/renew-hold", key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert market.units(offer) == (0, 1, 0)
    paid = post(shopper, f"{order}/pay", body).json()
    assert paid["order"]["payment_status"] == "succeeded"
    assert post(shopper, f"{order}/renew-hold").json()["code"] == "order_not_open"


def test_units_that_went_to_another_shopper_are_not_renewed(
    market: TestMarket, visit: Visit
) -> None:
    shopper, order, offer = ordered(market, visit)
    lapse(market)
    market.order((offer, 1))
    refused = post(shopper, f"{order}/renew-hold")
    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_stock")


def test_orders_of_others_are_neither_renewed_nor_looked_into(
    market: TestMarket, visit: Visit
) -> None:
    _, order, _ = ordered(market, visit)
    stranger = visit("shopper", market.shopper()["shopper_id"])
    assert post(stranger, f"{order}/renew-hold").json()["code"] == "order_unknown"
    assert post(stranger, f"{order}/check-payment").json()["code"] == "order_unknown"
