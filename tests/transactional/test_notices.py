from typing import Any

import pytest

from transactional.messages import notices

AT = "2026-11-23T11:00:00+00:00"


def fact(type_: str, key: str, version: int = 1, **it: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "type": type_,
        "key": key,
        "version": version,
        "occurred_at": AT,
        "payload": it,
    }


def told(one: dict[str, Any]) -> list[tuple[str, str]]:
    return [(notice.kind, notice.audience) for notice in notices.of_fact(one)]


@pytest.mark.parametrize(
    ("status", "origin", "wanted"),
    [
        ("due", "refund", []),
        ("succeeded", "refund", [("refund_succeeded", "shopper")]),
        ("succeeded", "late_capture", [("refund_succeeded", "shopper")]),
        ("succeeded", "chargeback", []),
        ("failed", "refund", [("refund_failed", "operator")]),
    ],
)
def test_a_refund_is_told_when_it_has_ended(
    status: str, origin: str, wanted: list[tuple[str, str]]
) -> None:
    one = fact("refund.changed", "ref_1", refund_id=1, order_id=2, status=status, origin=origin)
    assert told(one) == wanted


def test_a_dispute_is_told_to_the_operator_and_to_every_vendor_of_the_order() -> None:
    opened = notices.of_fact(fact("dispute.changed", "dsp_1", order_id=2, status="open"))
    assert [(notice.audience, notice.vendor_id) for notice in opened] == [
        ("operator", None),
        ("vendor", None),
    ]
    assert told(fact("dispute.changed", "dsp_1", 2, order_id=2, status="won")) == []


def test_an_unpaid_order_that_lapses_is_nobodys_news() -> None:
    lapsed: dict[str, Any] = {"status": "cancelled", "paid_at": None, "cancelled_at": AT}
    assert told(fact("vendor_order.changed", "vor_1", order_id=1, **lapsed)) == []


def test_a_vendor_is_not_told_of_its_own_cancellation() -> None:
    cancelled: dict[str, Any] = {
        "status": "cancelled",
        "paid_at": "earlier",
        "cancelled_at": AT,
        "order_id": 1,
    }
    by_vendor = fact("vendor_order.changed", "vor_1", cancel_reason="vendor", **cancelled)
    too_late = fact("vendor_order.changed", "vor_1", cancel_reason="not_shipped", **cancelled)
    assert told(by_vendor) == [("order_cancelled", "shopper")]
    assert told(too_late)[1:] == [("vendor_order_cancelled", "vendor")]


def test_what_stripe_still_wants_of_a_vendor_is_told_once_a_day() -> None:
    wanting: dict[str, Any] = {
        "status": "active",
        "status_version": 2,
        "requirements_due": ["iban"],
    }
    one = fact("vendor.changed", "ven_1", 5, vendor_id=1, is_payout_ready=False, **wanting)
    assert told(one) == [("payout_problem", "vendor")]
    (again,) = notices.of_fact(one | {"version": 6})
    assert again.topic == notices.of_fact(one)[0].topic
    ready = fact("vendor.changed", "ven_1", 7, vendor_id=1, is_payout_ready=True, **wanting)
    assert told(ready) == []


def test_an_offer_that_hovers_about_its_threshold_is_told_once_a_day() -> None:
    low = fact("stock.changed", "off_1", 3, available_units=4, low_stock_threshold=5)
    again = fact("stock.changed", "off_1", 9, available_units=5, low_stock_threshold=5)
    gone = fact("stock.changed", "off_1", 10, available_units=0, low_stock_threshold=5)
    plenty = fact("stock.changed", "off_1", 11, available_units=6, low_stock_threshold=5)
    assert notices.of_fact(low)[0].topic == notices.of_fact(again)[0].topic
    assert told(gone) == [("stock_out", "vendor")]
    assert told(plenty) == []


def test_a_fact_of_another_type_is_left_alone() -> None:
    assert told(fact("token.revoked", "abc")) == []


def test_only_a_rejected_submission_is_told() -> None:
    reviewed: dict[str, Any] = {"submission_id": 1, "vendor_id": 2}
    rejected = fact("submission.reviewed", "sub_1", status="rejected", **reviewed)
    assert told(rejected) == [("submission_rejected", "vendor")]
    assert told(fact("submission.reviewed", "sub_1", status="approved", **reviewed)) == []
