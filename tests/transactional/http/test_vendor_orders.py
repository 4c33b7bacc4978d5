from datetime import timedelta

from tests.transactional.market import TestMarket, Visit


def own(market: TestMarket) -> tuple[int, int]:
    """A vendor and its offer."""
    vendor = market.vendor()
    return vendor, market.offer(vendor=vendor, price_cents=1_000)


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def test_the_worklist_puts_the_promise_before_the_value_and_says_why(
    market: TestMarket, visit: Visit
) -> None:
    vendor, offer = own(market)
    for quantity in (1, 3, 2):
        market.paid_order((offer, quantity))
    market.rows(
        "update vendor_orders set ship_by_at = %s where vendor_order_id = 3 returning 1",
        market.clock() - timedelta(days=2),
    )
    answer = visit("vendor", vendor).get("/v1/vendor-orders?sort=priority&limit=2").json()
    assert [row["vendor_order_id"] for row in answer["data"]] == ["vor_3", "vor_2"]
    assert answer["data"][0]["urgency"]["promise"] == "late"
    assert "overdue" in answer["data"][0]["urgency"]["why"]
    assert answer["next_cursor"] is None


def test_a_vendor_ships_tracks_and_cancels_only_its_own(market: TestMarket, visit: Visit) -> None:
    vendor, offer = own(market)
    market.paid_order((offer, 1))
    market.paid_order((offer, 1))
    at, stranger = visit("vendor", vendor), visit("vendor", market.vendor())
    parcel = {"carrier": "UPS", "tracking_code": "1Z"}
    for who, status in ((stranger, 404), (at, 200)):
        answers = [
            who.post("/v1/vendor-orders/vor_1/ship", json={}, headers=key("ship")),
            who.put("/v1/vendor-orders/vor_1/tracking", json=parcel),
            who.post("/v1/vendor-orders/vor_2/cancel", headers=key("cancel")),
        ]
        assert [answer.status_code for answer in answers] == [status] * 3
    assert answers[1].json()["tracking_code"] == "1Z"
    assert answers[2].json()["cancel_reason"] == "vendor"
    late = at.post("/v1/vendor-orders/vor_1/cancel", headers={"Idempotency-Key": "late"})
    assert (late.status_code, late.json()["code"]) == (409, "move_refused")


def test_a_vendor_keeps_its_own_calendar(market: TestMarket, visit: Visit) -> None:
    vendor = market.vendor()
    at, where = visit("vendor", vendor), f"/v1/vendors/ven_{vendor}"
    day = (market.clock() + timedelta(days=3)).date().isoformat()
    weekdays = at.put(f"{where}/calendar", json={"open_weekdays": [6, 7]})
    assert weekdays.json()["open_weekdays"] == [6, 7]
    closure = at.post(
        f"{where}/closures",
        json={"first_date": day, "last_date": day},
        headers={"Idempotency-Key": "c"},
    ).json()
    assert at.get(f"{where}/calendar").json()["closures"] == [closure]
    assert at.delete(f"{where}/closures/{closure['vendor_closure_id']}").status_code == 204
    assert at.get(f"{where}/calendar").json()["closures"] == []
    gone = at.delete(f"{where}/closures/{closure['vendor_closure_id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "closure_unknown")
    assert visit("vendor", market.vendor()).get(f"{where}/calendar").status_code == 404


def test_a_closure_that_ends_before_it_begins_or_never_is_refused(
    market: TestMarket, visit: Visit
) -> None:
    vendor = market.vendor()
    for number, last in enumerate(("2026-01-01", "2028-01-01")):
        answer = visit("vendor", vendor).post(
            f"/v1/vendors/ven_{vendor}/closures",
            json={"first_date": "2026-01-02", "last_date": last},
            headers={"Idempotency-Key": str(number)},
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "closure_invalid")
