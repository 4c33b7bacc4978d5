"""Events that no webhook brought are found in Stripe's own list."""

from typing import Any

import pytest

from tests.rynek.local.stripe.standins import Standin
from tests.transactional.market import TestMarket
from tests.transactional.paying import challenged
from transactional.gateway import Gateway, StripeRefusedError
from transactional.payment import stripe_events, webhooks

FORGOTTEN = "evt_forgotten"


def catch_up(market: TestMarket) -> int:
    return stripe_events.catch_up(market.database, market.gateway, market.clock())


def hear(market: TestMarket) -> None:
    """Apply all that is stored: the stand-in knows of more than one test's payments."""
    while webhooks.apply(market.database, market.gateway, market.clock()):
        pass


def test_a_payment_that_no_webhook_told_of_is_found(market: TestMarket, standin: Standin) -> None:
    order_id, intent_id = challenged(market, market.offer())
    catch_up(market)
    standin.authenticate(intent_id)
    assert catch_up(market) > 0
    hear(market)
    assert market.status(order_id) == "paid"
    assert catch_up(market) == 0


def test_what_a_webhook_brought_is_not_found_again(market: TestMarket) -> None:
    challenged(market, market.offer())
    events = market.gateway.list_events(None)
    with market.database.transaction() as connection:
        for event in events:
            webhooks.store(connection, event, market.clock())
    assert catch_up(market) == 0
    assert market.value("select bool_and(is_delivered) from webhook_events")


class Listing(Gateway):
    """A list of 250 events, one a second; of some of them nobody knows any more."""

    def __init__(self) -> None:
        self.events = [listed(number) for number in range(250)]

    def list_events(self, after: str | None) -> list[dict[str, Any]]:
        if after == FORGOTTEN:
            raise StripeRefusedError
        names = [event["id"] for event in self.events]
        first = 0 if after is None else names.index(after) + 1
        page = self.events[-100:] if after is None else self.events[first : first + 100]
        return page[::-1]


def listed(number: int) -> dict[str, Any]:
    return {"id": f"evt_{number}", "type": "balance.available", "created": 1_000_000 + number}


def test_reading_goes_on_page_by_page_behind_the_newest_by_some_minutes(market: TestMarket) -> None:
    listing = Listing()
    assert stripe_events.catch_up(market.database, listing, market.clock()) == 100
    listing.events += [listed(number) for number in range(250, 1_000)]
    assert stripe_events.catch_up(market.database, listing, market.clock()) == 750
    assert market.value("select event_id from stripe_events_cursor") == "evt_699"
    assert stripe_events.catch_up(market.database, listing, market.clock()) == 0


def test_too_many_pages_are_read_in_turns(
    market: TestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = Listing()
    stripe_events.catch_up(market.database, listing, market.clock())
    monkeypatch.setattr(stripe_events, "MOST_PAGES", 2)
    listing.events += [listed(250) | {"id": f"evt_{number}"} for number in range(250, 750)]
    found = [stripe_events.catch_up(market.database, listing, market.clock()) for _ in range(5)]
    assert sum(found) == 500


def test_a_cursor_that_stripe_has_forgotten_is_replaced(market: TestMarket) -> None:
    listing = Listing()
    stripe_events.catch_up(market.database, listing, market.clock())
    market.rows("update stripe_events_cursor set event_id = %s returning 1 as n", FORGOTTEN)
    listing.events += [listed(number) for number in range(250, 260)]
    assert stripe_events.catch_up(market.database, listing, market.clock()) == 10
    assert market.value("select event_id from stripe_events_cursor") != FORGOTTEN
