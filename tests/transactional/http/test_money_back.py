"""Refunds, disputes and balances as operators and vendors see them."""

from typing import Any

import httpx
import pytest

from tests.transactional import money_back
from tests.transactional.market import TestMarket, Visit
from transactional import open_tasks
from transactional.settlement.refund_sharing import RefundedLine

Client = httpx.Client


def post(client: Client, path: str, body: Any = None, key: str = "k-1") -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.fixture
def sale(market: TestMarket) -> tuple[int, int, int]:
    """A paid order of two vendors: order_id, and each vendor_id."""
    first, second = market.vendor(), market.vendor()
    order_id = market.paid_order(
        (market.offer(vendor=first, price_cents=1_000), 2), (market.offer(vendor=second), 1)
    )
    return order_id, first, second


def test_an_operator_refunds_all_that_is_left_and_a_repetition_is_the_same_refund(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    operator, path = visit("operator"), f"/v1/orders/ord_{sale[0]}/refunds"
    answer = post(operator, path, {})
    assert answer.status_code == 201, answer.text
    refund = answer.json()
    assert (refund["status"], refund["amount_cents"]) == ("due", 2_490 + 2_489)
    assert post(operator, path, {}).json() == refund
    money_back.work(market)
    (listed,) = operator.get(path).json()["data"]
    assert listed["status"] == "succeeded"
    assert operator.get(f"/v1/refunds/{refund['refund_id']}").json() == listed
    assert post(operator, path, {}, "k-2").json()["code"] == "refund_empty"
    money_back.demand_sound(market)


def test_a_vendor_refunds_its_own_lines_and_sees_no_others(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    order_id, first, second = sale
    own, foreign = money_back.lines_of(market, order_id)
    vendor, path = visit("vendor", first), f"/v1/orders/ord_{order_id}/refunds"
    wanted = {"line_id": f"lin_{own}", "quantity": 1, "restock": True}
    part = post(vendor, path, {"lines": [wanted]})
    assert part.status_code == 201, part.text
    assert part.json()["amount_cents"] == 1_000
    assert part.json()["lines"][0]["restocked_units"] == 1
    refused = post(vendor, path, {"lines": [{"line_id": f"lin_{foreign}"}]}, "k-2")
    assert refused.json()["code"] == "refund_line_unknown"
    rest = post(vendor, path, {}, "k-3").json()
    assert rest["amount_cents"] == 1_490
    assert len(vendor.get(path).json()["data"]) == 2
    other = visit("vendor", second)
    assert other.get(path).json() == {"data": []}
    assert other.get(f"/v1/refunds/{rest['refund_id']}").status_code == 404
    stranger = visit("vendor", market.vendor())
    assert post(stranger, path, {}, "k-4").status_code == 404
    assert stranger.get(path).status_code == 404


def test_more_than_is_left_is_refused_and_leaves_nothing(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    (line, _) = money_back.lines_of(market, sale[0])
    body = {"lines": [{"line_id": f"lin_{line}", "items_cents": 2_001}]}
    answer = post(visit("operator"), f"/v1/orders/ord_{sale[0]}/refunds", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "refund_too_large")
    assert market.value("select count(*) from refunds") == 0


def test_only_a_returned_refund_is_repeated(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    refund_id = money_back.refund(market, sale[0])
    answer = post(visit("operator"), f"/v1/refunds/ref_{refund_id}/repeat")
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_not_repeatable")


def test_a_dispute_is_listed_answered_and_stops_refunds(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    order_id, first, _ = sale
    money_back.dispute(market, order_id)
    operator = visit("operator")
    (listed,) = operator.get("/v1/disputes").json()["data"]
    assert (listed["status"], len(listed["parts"])) == ("open", 2)
    refused = post(operator, f"/v1/orders/ord_{order_id}/refunds", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "order_disputed")
    (own,) = visit("vendor", first).get("/v1/disputes").json()["data"][0]["parts"]
    assert (own["vendor_id"], own["transfer_status"]) == (f"ven_{first}", "frozen")
    path = f"/v1/disputes/{listed['dispute_id']}"
    told = post(operator, f"{path}/evidence", {"text": "It was delivered."}, "k-2")
    assert told.json()["evidence_text"] == "It was delivered."
    assert post(operator, f"{path}/evidence", {"text": "More"}, "k-3").status_code == 409
    money_back.work(market)
    assert operator.get(path).json()["status"] == "under_review"
    assert operator.get("/v1/disputes/dsp_9223372036854775807").status_code == 404


def test_a_shopper_sees_what_comes_back_page_by_page_and_nobody_elses(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    money_back.refund(market, market.paid_order((market.offer(), 1)))
    shopper_id = market.value("select shopper_id from orders where order_id = %s", sale[0])
    first, second = money_back.lines_of(market, sale[0])
    given = [money_back.refund(market, sale[0], RefundedLine(line)) for line in (first, second)]
    shopper = visit("shopper", shopper_id)
    newest = shopper.get("/v1/refunds?limit=1").json()
    oldest = shopper.get(f"/v1/refunds?limit=1&cursor={newest['next_cursor']}").json()
    end = shopper.get(f"/v1/refunds?limit=1&cursor={oldest['next_cursor']}").json()
    shown = [*newest["data"], *oldest["data"], *end["data"]]
    assert [refund["refund_id"] for refund in shown] == [f"ref_{key}" for key in reversed(given)]
    assert end["next_cursor"] is None
    assert set(shown[0]["lines"][0]) == {"line_id", "quantity", "items_cents", "shipping_cents"}
    assert [refund["amount_cents"] for refund in shown] == [2_489, 2_490]


def test_a_balance_tells_what_waits_and_what_is_owed_since_when(
    market: TestMarket, visit: Visit, sale: tuple[int, int, int]
) -> None:
    order_id, first, second = sale
    vendor = visit("vendor", first)
    before = vendor.get(f"/v1/vendors/ven_{first}/balance").json()
    assert before["held_cents"] == before["payable_cents"] > 0
    money_back.refund(market, order_id)
    money_back.work(market)
    market.clock.advance(days=3)
    after = vendor.get(f"/v1/vendors/ven_{first}/balance").json()
    fee = market.value("select processing_cents from vendor_orders where vendor_id = %s", first)
    assert (after["payable_cents"], after["owed_cents"], after["held_cents"]) == (-fee, fee, 0)
    (debt,) = after["debts"]
    assert (debt["owed_cents"], debt["age_days"]) == (fee, 3)
    assert vendor.get(f"/v1/vendors/ven_{second}/balance").status_code == 404


def test_what_waits_for_somebody_is_among_the_open_tasks(
    market: TestMarket, sale: tuple[int, int, int]
) -> None:
    money_back.dispute(market, market.paid_order((market.offer(), 1)))
    money_back.refund(market, sale[0])
    money_back.work(market)
    money_back.refund(market, market.paid_order((market.offer(), 1)))
    market.clock.advance(minutes=2)
    with market.database.transaction() as connection:
        kinds = {task["kind"] for task in open_tasks.read(connection, market.clock())}
    assert {"dispute_open", "vendor_debt", "refund_overdue"} <= kinds
