from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from threading import Event, Thread
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from tests.transactional.market import TestMarket, Visit
from transactional.http.market import Market
from transactional.http.stripe_seats import PaymentsBusyError, StripeSeats
from transactional.payment import payments


def leave_one_seat(client: TestClient) -> None:
    state = client.app.state  # type: ignore[attr-defined]  # an ASGI app has none, ours does
    market: Market = state.market
    state.market = replace(market, seats=StripeSeats(1))


def paying(market: TestMarket, visit: Visit) -> tuple[TestClient, Callable[[], Response]]:
    """A shopper, and the same request to pay again and again."""
    shopper = market.shopper()["shopper_id"]
    order_id = market.order((market.offer(), 1), shopper=shopper)
    client, headers = visit("shopper", shopper), {"Idempotency-Key": str(uuid4())}

    def pay() -> Response:
        body = {"payment_method": "pm_card_visa"}
        response: Response = client.post(
            f"/v1/orders/ord_{order_id}/pay", json=body, headers=headers
        )
        return response

    return client, pay


def test_a_seat_is_free_again_whatever_happened_on_it() -> None:
    seats = StripeSeats(1)
    for _ in range(2):
        with pytest.raises(PaymentsBusyError), seats.taken(), seats.taken():
            pass


def test_while_stripe_hangs_one_more_payment_is_turned_away_and_nothing_of_it_is_begun(
    market: TestMarket, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = paying(market, visit)
    client, second = paying(market, visit)
    leave_one_seat(visit())
    asked, answers, finish = Event(), Event(), payments.finish

    def hanging(*given: object) -> object:
        asked.set()
        assert answers.wait(20)
        return finish(*given)  # type: ignore[arg-type]  # passed through as it came

    monkeypatch.setattr(payments, "finish", hanging)
    with ExitStack() as stack:
        stack.callback(answers.set)
        waiting = Thread(target=first)
        waiting.start()
        assert asked.wait(20)
        busy = second()
        assert (busy.status_code, busy.json()["code"]) == (503, "payments_busy")
        assert int(busy.headers["Retry-After"]) > 0
        assert market.value("select count(*) from payment_attempts") == 1
        assert client.get("/v1/orders").status_code == 200
    waiting.join(20)
    assert second().json()["status"] == "succeeded"
