"""A vendor's recent orders: newest first, live ones included, filtered and paged."""

from pathlib import Path

import httpx

from serving.http.cursors import cursor
from tests.serving.conftest import Visit
from tests.serving.core import Core
from tests.serving.market import Market
from tests.serving.patience import until


def ids(client: httpx.Client, query: str = "", vendor_id: int = 1) -> list[str]:
    answer = client.get(f"/v1/vendors/ven_{vendor_id}/recent-orders{query}").raise_for_status()
    return [order["vendor_order_id"] for order in answer.json()["items"]]


def test_orders_come_newest_first_and_page_by_page(market: Market, visit: Visit) -> None:
    market.publish()
    client = visit("vendor", 1)
    newest_first = ids(client)
    assert len(newest_first) == 5
    first = client.get("/v1/vendors/ven_1/recent-orders?limit=3").json()
    rest = ids(client, f"?limit=3&cursor={first['next_cursor']}")
    assert [order["vendor_order_id"] for order in first["items"]] + rest == newest_first
    placed = [
        order["placed_at"]
        for order in client.get("/v1/vendors/ven_1/recent-orders").json()["items"]
    ]
    assert placed == sorted(placed, reverse=True)


def test_a_cursor_that_was_made_up_is_refused(market: Market, visit: Visit) -> None:
    market.publish()
    client = visit("vendor", 1)
    for place in (("2026-11-20T09:00:00", 1), ("2026-11-20T09:00:00Z", 2**70), ("x", 1)):
        word = cursor("orders", place)
        answer = client.get(f"/v1/vendors/ven_1/recent-orders?cursor={word}")
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid"), place


def test_orders_are_filtered_by_status(market: Market, visit: Visit) -> None:
    market.publish()
    client = visit("vendor", 1)
    assert len(ids(client, "?status=paid")) == 2
    assert len(ids(client, "?status=cancelled")) == 1
    assert ids(client, "?status=pending_payment") == []
    unknown = client.get("/v1/vendors/ven_1/recent-orders?status=lost")
    assert unknown.json()["code"] == "invalid_request"


def test_the_same_shopper_has_the_same_word_and_no_more(market: Market, visit: Visit) -> None:
    market.publish()
    orders = visit("vendor", 1).get("/v1/vendors/ven_1/recent-orders").json()["items"]
    customers = [order["customer"] for order in orders]
    assert len(set(customers)) == 4
    assert "pseudonym" not in str(orders)


def test_an_order_moves_from_status_to_status_as_it_happens(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    vendor_id = core.vendor()
    tea = core.offer(vendor_id, 1_500)
    shopper = core.shopper()["shopper_id"]
    core.publish(tmp_path / "published")
    client = visit("vendor", vendor_id)
    with core.relaying():
        with core.database.transaction() as connection:
            order_id = core.place(connection, shopper, (tea, 2))
        until(lambda: ids(client, "?status=pending_payment", vendor_id))
        with core.database.transaction() as connection:
            core.pay(connection, order_id)
        until(lambda: ids(client, "?status=paid", vendor_id))
    assert ids(client, "?status=pending_payment", vendor_id) == []
    (order,) = client.get(f"/v1/vendors/ven_{vendor_id}/recent-orders").json()["items"]
    assert order["order_id"] == f"ord_{order_id}"
    assert order["total_cents"] == order["items_cents"] + order["shipping_cents"]
    assert [(line["title"], line["quantity"]) for line in order["lines"]] == [("Green tea", 2)]

    core.publish(tmp_path / "published")
    assert len(ids(client, "", vendor_id)) == 1


def test_two_vendors_cannot_tell_that_they_share_a_shopper(market: Market, visit: Visit) -> None:
    market.publish()
    seen = [
        {
            order["customer"]
            for order in visit("vendor", vendor_id)
            .get(f"/v1/vendors/ven_{vendor_id}/recent-orders")
            .json()["items"]
        }
        for vendor_id in (1, 2)
    ]
    assert all(seen)
    assert not seen[0] & seen[1]
