from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response

from tests.transactional.market import DECLINED_CARD, GOOD_CARD, TestMarket, Visit
from transactional.http import payments as pay_route
from transactional.payment import payments, recovery

ORDERS = "/v1/orders"


def cart(offer: int, quantity: int = 1) -> dict[str, object]:
    return {"lines": [{"offer_id": f"off_{offer}", "quantity": quantity}]}


def test_a_repeated_key_gets_the_first_answer_and_has_no_second_effect(
    market: TestMarket, visit: Visit
) -> None:
    offer, client = market.offer(units=5), visit("shopper", market.shopper()["shopper_id"])
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = (client.post(ORDERS, json=cart(offer), headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert market.units(offer) == (4, 1, 0)


def test_spacing_and_order_of_the_body_do_not_make_another_request(
    market: TestMarket, visit: Visit
) -> None:
    offer, client = market.offer(), visit("shopper", market.shopper()["shopper_id"])
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    line = f'"quantity": 1, "offer_id": "off_{offer}"'
    client.post(ORDERS, json=cart(offer), headers=headers)
    again = client.post(ORDERS, content=f'{{"lines": [ {{{line}}} ]}}', headers=headers)
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_used_for_another_body_is_refused(market: TestMarket, visit: Visit) -> None:
    offer, client = market.offer(), visit("shopper", market.shopper()["shopper_id"])
    headers = {"Idempotency-Key": "k"}
    client.post(ORDERS, json=cart(offer), headers=headers)
    other = client.post(ORDERS, json=cart(offer, 2), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_keys_belong_to_their_callers(market: TestMarket, visit: Visit) -> None:
    offer, headers = market.offer(), {"Idempotency-Key": "k"}
    answers = [
        visit("shopper", market.shopper()["shopper_id"]).post(
            ORDERS, json=cart(offer), headers=headers
        )
        for _ in range(2)
    ]
    assert answers[0].json()["order_id"] != answers[1].json()["order_id"]


def test_a_failed_request_leaves_its_key_free(market: TestMarket, visit: Visit) -> None:
    offer, client = market.offer(units=0), visit("shopper", market.shopper()["shopper_id"])
    headers = {"Idempotency-Key": "k"}
    assert client.post(ORDERS, json=cart(offer), headers=headers).status_code == 409
    market.rows(
        "update stock set received_units = 1, available_units = 1 where offer_id = %s returning 1",
        offer,
    )
    assert client.post(ORDERS, json=cart(offer), headers=headers).status_code == 201


def test_twins_at_the_same_moment_place_one_order(market: TestMarket, visit: Visit) -> None:
    offer, client = market.offer(units=9), visit("shopper", market.shopper()["shopper_id"])

    def post(_: int) -> Response:
        response: Response = client.post(ORDERS, json=cart(offer), headers={"Idempotency-Key": "k"})
        return response

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(post, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    assert market.units(offer) == (8, 1, 0)


def test_a_declined_payment_is_repeated_as_declined(market: TestMarket, visit: Visit) -> None:
    shopper = market.shopper()["shopper_id"]
    order_id = market.order((market.offer(), 1), shopper=shopper)
    client, headers = visit("shopper", shopper), {"Idempotency-Key": "k"}
    body = {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
    answers = [
        client.post(f"{ORDERS}/ord_{order_id}/pay", json=body, headers=headers) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [402, 402]
    assert answers[1].json()["code"] == "payment_declined"
    assert answers[1].json()["decline_code"] == "insufficient_funds"
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert market.value("select count(*) from payment_attempts") == 1


def test_a_twin_that_comes_between_the_decline_and_its_storing_begins_no_second_attempt(
    market: TestMarket, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = market.shopper()["shopper_id"]
    order_id = market.order((market.offer(), 1), shopper=shopper)
    client, headers = visit("shopper", shopper), {"Idempotency-Key": "k"}
    twins: list[Response] = []
    compose = pay_route._payment_answer

    def pay() -> Response:
        body = {"payment_method": DECLINED_CARD}
        response: Response = client.post(f"{ORDERS}/ord_{order_id}/pay", json=body, headers=headers)
        return response

    def after_a_twin(*given: Any) -> Any:
        monkeypatch.setattr(pay_route, "_payment_answer", compose)
        twins.append(pay())
        return compose(*given)

    monkeypatch.setattr(pay_route, "_payment_answer", after_a_twin)
    answers = [pay(), *twins, pay()]
    assert [answer.status_code for answer in answers] == [402] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[2].headers["idempotent-replayed"] == "true"
    assert market.value("select count(*) from payment_attempts") == 1


def test_a_request_whose_attempt_recovery_answered_tells_that_answer(
    market: TestMarket, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper = market.shopper()["shopper_id"]
    order_id = market.order((market.offer(), 1), shopper=shopper)
    client, headers = visit("shopper", shopper), {"Idempotency-Key": "k"}
    address, body = f"{ORDERS}/ord_{order_id}/pay", {"payment_method": DECLINED_CARD}

    def cut_off(*_: object) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as patched:
        patched.setattr(payments, "finish", cut_off)
        assert client.post(address, json=body, headers=headers).status_code == 500
    market.clock.advance(seconds=31)
    assert recovery.recover(market.database, market.gateway, market.clock()) == 1
    again = client.post(address, json=body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (402, "payment_declined")
    assert market.value("select count(*) from payment_attempts") == 1
    other = client.post(
        address, json={"payment_method": GOOD_CARD}, headers={"Idempotency-Key": "another"}
    )
    assert other.json()["status"] == "succeeded"


def test_twins_at_the_same_moment_pay_once_and_none_is_told_otherwise(
    market: TestMarket, visit: Visit
) -> None:
    shopper = market.shopper()["shopper_id"]
    order_id = market.order((market.offer(), 1), shopper=shopper)
    client, headers = visit("shopper", shopper), {"Idempotency-Key": "k"}

    def pay(_: int) -> Response:
        response: Response = client.post(
            f"{ORDERS}/ord_{order_id}/pay",
            json={"payment_method": DECLINED_CARD},
            headers=headers,
        )
        return response

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(pay, range(4)))
    told = [answer for answer in answers if answer.status_code != 503]
    assert {answer.status_code for answer in told} == {402}
    assert all(answer.json() == told[0].json() for answer in [*told, pay(0)])
    assert market.value("select count(*) from payment_attempts") == 1
