from itertools import count
from typing import Any

from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from transactional.people import vendor_accounts

KEYS = count(1)


def post(client: TestClient, path: str, body: Any = None, status: int = 201) -> Any:
    answer = client.post(path, json=body, headers={"Idempotency-Key": f"onboarding-{next(KEYS)}"})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_vendor_applies_is_reviewed_and_sells(market: TestMarket, visit: Visit) -> None:
    operator = visit("operator")
    item = post(operator, "/v1/checklist-items", {"code": "identity", "title": "Passport"})
    applied = post(
        visit("service"),
        "/v1/vendors",
        {"name": "Tea", "legal_name": "Tea Ltd", "country": "DE", "email": "tea@shop.example"},
    )
    assert (applied["status"], applied["email"]) == ("applied", "tea@shop.example")
    assert operator.get("/v1/vendors?status=applied").json()["data"] == [applied]
    assert operator.get("/v1/vendors?status=active").json()["data"] == []
    assert operator.get("/v1/vendors?status=open").status_code == 422
    path = f"/v1/vendors/{applied['vendor_id']}"
    vendor = visit("vendor", int(applied["vendor_id"].removeprefix("ven_")))
    content = {"fields": {"number": "C01X"}, "links": ["https://files.example/passport.pdf"]}
    asked = {"checklist_item_id": item["checklist_item_id"], "content": content}
    post(vendor, f"{path}/submissions", asked)
    (waiting,) = operator.get("/v1/submissions?status=submitted").json()["data"]
    assert waiting["content"] == content
    post(
        operator,
        f"/v1/submissions/{waiting['submission_id']}/review",
        {"decision": "approved"},
        200,
    )
    assert vendor.get(f"{path}/onboarding").json()["status"] == "verifying"
    vendor_accounts.open_awaited(market.database, market.gateway, market.clock())
    ready = vendor.get(f"{path}/onboarding").json()
    assert (ready["status"], ready["is_payout_ready"], ready["next_steps"]) == ("active", True, [])
    places = {"return_url": "https://s.example/done", "refresh_url": "http://localhost:8000/again"}
    assert post(vendor, f"{path}/onboarding-link", places, 200)["url"].startswith("http")


def test_only_https_links_and_short_texts_are_taken(market: TestMarket, visit: Visit) -> None:
    item = post(visit("operator"), "/v1/checklist-items", {"code": "bank", "title": "Bank"})
    vendor_id = market.vendor(is_active=False)
    vendor = visit("vendor", vendor_id)
    for content in (
        {"links": ["http://files.example/a.pdf"]},
        {"links": ["javascript:alert(1)"]},
        {"links": ["https://files.example/a"] * 21},
        {"fields": {"number": "7" * 2_001}},
        {"fields": {"number": "7\0"}},
        {"fields": {"A Key!": "7"}},
        {"fields": {f"field_{number}": "7" for number in range(51)}},
    ):
        body = {"checklist_item_id": item["checklist_item_id"], "content": content}
        post(vendor, f"/v1/vendors/ven_{vendor_id}/submissions", body, 422)
    assert market.value("select count(*) from submissions") == 0


def test_a_foreign_vendor_is_as_good_as_none(market: TestMarket, visit: Visit) -> None:
    other, vendor = market.vendor(is_active=False), visit("vendor", market.vendor())
    assert vendor.get(f"/v1/vendors/ven_{other}/onboarding").status_code == 404
    assert vendor.patch(f"/v1/vendors/ven_{other}", json={"name": "Mine"}).status_code == 404
    item = post(visit("operator"), "/v1/checklist-items", {"code": "bank", "title": "Bank"})
    body = {"checklist_item_id": item["checklist_item_id"], "content": {}}
    post(vendor, f"/v1/vendors/ven_{other}/submissions", body, 404)
    post(vendor, f"/v1/vendors/ven_{other}/waivers", {"checklist_item_id": "chk_1"}, 403)


def test_a_vendor_names_one_owner(market: TestMarket, visit: Visit) -> None:
    operator, shop = visit("operator"), {"name": "Tea", "country": "DE"}
    first = post(operator, "/v1/vendors", shop | {"legal_name": "Tea Ltd"})
    second = post(operator, "/v1/vendors", shop | {"owner_id": first["owner_id"]})
    (owner,) = operator.get("/v1/owners").json()["data"]
    assert owner["vendor_ids"] == [first["vendor_id"], second["vendor_id"]]
    post(operator, "/v1/vendors", shop, 422)
    post(operator, "/v1/vendors", shop | {"owner_id": "own_404"}, 404)
    post(operator, "/v1/vendors", shop | {"owner_id": "own_1", "legal_name": "Tea"}, 422)


def test_a_suspended_vendor_is_told_why(market: TestMarket, visit: Visit) -> None:
    vendor_id = market.vendor()
    path = f"/v1/vendors/ven_{vendor_id}"
    post(visit("operator"), f"{path}/suspend", {"reason": "counterfeit goods"}, 200)
    told = visit("vendor", vendor_id).get(f"{path}/onboarding").json()
    assert told["next_steps"] == ["write to the market's operator: suspended, counterfeit goods"]
    post(visit("operator"), f"{path}/reject", None, 200)
    post(visit("operator"), f"{path}/reinstate", None, 409)


def test_a_suspended_vendors_offers_leave_the_market_at_once_and_come_back(
    market: TestMarket, visit: Visit
) -> None:
    vendor_id = market.vendor()
    offer, order = market.offer(vendor=vendor_id), {"quantity": 1}
    shopper, operator = visit("shopper", market.shopper()["shopper_id"]), visit("operator")
    product = visit().get(f"/v1/offers/off_{offer}").json()["product_id"]

    def seen() -> tuple[bool, int, int, int]:
        """For sale, ranked, quoted, ordered."""
        shown = visit().get(f"/v1/offers/off_{offer}").json()
        ranked = visit().get(f"/v1/products/{product}/offers").json()["data"]
        lines = {"lines": [order | {"offer_id": f"off_{offer}"}]}
        quoted = shopper.post("/v1/quote", json=lines)
        placed = shopper.post(
            "/v1/orders", json=lines, headers={"Idempotency-Key": f"order-{next(KEYS)}"}
        )
        return shown["is_for_sale"], len(ranked), quoted.status_code, placed.status_code

    assert seen() == (True, 1, 200, 201)
    post(operator, f"/v1/vendors/ven_{vendor_id}/suspend", {}, 200)
    assert seen() == (False, 0, 409, 409)
    post(operator, f"/v1/vendors/ven_{vendor_id}/reinstate", None, 200)
    assert seen() == (True, 1, 200, 201)
