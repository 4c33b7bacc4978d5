from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from transactional.installation import Installation
from transactional.messages import notices, wording

MARKET = Installation("EUR", "Europe/Warsaw")
LINE = {"quantity": 2, "title": "Green <tea>", "sku": "T-1", "line_cents": 1_998}
IT: dict[str, Any] = {
    "order_id": 5,
    "vendor_order_id": 7,
    "refund_id": 3,
    "dispute_id": 2,
    "items_cents": 1_998,
    "shipping_cents": 490,
    "amount_cents": 100_050,
    "units": 2,
    "lines": [LINE],
    "ship_by_at": "2026-11-25T22:59:59+00:00",
    "deliver_by_date": "2026-11-30",
    "cancel_reason": "not_shipped",
    "available_units": 2,
    "low_stock_threshold": 5,
    "url": "https://shop.example/hook",
    "failing_since": "2026-11-20T10:00:00+00:00",
    "last_error": "answered with status 500",
}
THINGS: dict[str, Any] = {
    "it": IT,
    "order": {"shopper_name": "Ada", "total_cents": 2_488},
    "vendor": {"name": "Tea\nHouse", "status_reason": "counterfeit goods"},
    "offer": {"title": "Green tea", "sku": "T-1"},
    "submission": {"title": "An extract", "note": "blurred"},
}


@pytest.mark.parametrize("kind", wording.kinds())
def test_every_kind_has_a_subject_of_one_line_and_a_body(kind: str) -> None:
    words = wording.write(kind, MARKET, THINGS)
    assert words.subject
    assert "\n" not in words.subject
    assert len(words.body.splitlines()) >= 2
    assert all(len(line) <= 110 for line in words.body.splitlines())
    assert "{" not in words.subject + words.body


def test_an_order_reads_like_this() -> None:
    words = wording.write("new_order", MARKET, THINGS)
    assert words.subject == "New order vor_7 over 24.88 EUR"
    assert "  2 × Green <tea> (T-1), 19.98 EUR\n" in words.body
    assert "Wednesday 25 November 2026, 23:59 (Europe/Warsaw)" in words.body


@pytest.mark.parametrize("kind", ["vendor_suspended", "vendor_rejected", "submission_rejected"])
def test_who_is_turned_down_is_told_why(kind: str) -> None:
    assert {"counterfeit goods", "blurred"} & set(
        wording.write(kind, MARKET, THINGS).body.split("\n")
    )
    nothing = {"vendor": {"name": "T", "status_reason": None}}
    nothing |= {"submission": {"title": "T", "note": None}}
    assert "reason:" not in wording.write(kind, MARKET, THINGS | nothing).body


def test_what_a_template_lacks_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        wording.write("new_order", MARKET, THINGS | {"vendor": {}})


@pytest.mark.parametrize(
    ("cents", "currency", "words"),
    [
        (0, "EUR", "0.00 EUR"),
        (123_456_789, "USD", "1,234,567.89 USD"),
        (-5, "EUR", "-0.05 EUR"),
        (1_500, "JPY", "1,500 JPY"),
        (1_500, "KWD", "1.500 KWD"),
    ],
)
def test_money_is_written_with_the_currencys_digits(cents: int, currency: str, words: str) -> None:
    assert wording.money(cents, currency) == words


def test_every_kind_that_a_notice_names_has_its_template() -> None:
    source = Path(notices.__file__).read_text()
    statuses = {"order_shipped", "order_delivered", "vendor_active", "vendor_rejected"}
    named = statuses | {"vendor_suspended", "ship_reminder", "webhook_disabled"}
    named |= {kind for kind in wording.kinds() if f'"{kind}"' in source}
    assert named == set(wording.kinds())
