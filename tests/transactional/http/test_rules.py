"""The rules of checkout over HTTP: who writes them, and what a shopper and a vendor see of them."""

from datetime import timedelta
from itertools import count
from typing import Any

from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit

keys = (f"rule-{number}" for number in count())
STEP = {"up_to_grams": 2_000, "fee_cents": 700, "transit_days": 2}


def post(client: TestClient, path: str, body: object = None, status: int = 201) -> Any:
    answer = client.post(path, json=body, headers={"Idempotency-Key": next(keys)})
    assert answer.status_code == status, answer.text
    return answer.json()


def sale(market: TestMarket, days: int = 1) -> dict[str, Any]:
    ends_at = (market.clock() + timedelta(days=days)).isoformat()
    return {"name": "Spring", "rate": 1_000, "ends_at": ends_at}


def test_a_quote_tells_discount_tax_and_when_it_should_arrive_but_no_fee_of_the_vendor(
    market: TestMarket, visit: Visit
) -> None:
    operator, vendor_id = visit("operator"), market.vendor()
    vendor, shopper = visit("vendor", vendor_id), visit("shopper", market.shopper()["shopper_id"])
    offer = market.offer(vendor=vendor_id, price_cents=10_000)
    tax = {"country": "DE", "rate": 1_900, "is_marketplace_tax": True}
    post(operator, "/v1/tax-rates", tax)
    zone = post(vendor, "/v1/shipping-zones", {"name": "All", "countries": [], "steps": [STEP]})
    assert zone["vendor_id"] == f"ven_{vendor_id}"
    post(vendor, "/v1/promotions", sale(market))

    cart = {"lines": [{"offer_id": f"off_{offer}", "quantity": 1}], "ship_to": {"country": "DE"}}
    quote = shopper.post("/v1/quote", json=cart).json()
    assert (quote["total_cents"], quote["discount_cents"], quote["tax_cents"]) == (
        9_700,
        1_000,
        1_549,
    )
    (part,) = quote["vendor_orders"]
    assert part["estimated_delivery"]["earliest_date"] <= part["estimated_delivery"]["latest_date"]
    (line,) = part["lines"]
    assert (line["list_cents"], line["line_cents"], line["tax_rate"]) == (10_000, 9_000, 1_900)
    assert "commission" not in str(quote)
    assert "withheld" not in str(quote)

    order = post(shopper, "/v1/orders", cart)
    assert (order["total_cents"], order["tax_cents"]) == (9_700, 1_549)
    (placed,) = order["vendor_orders"]
    assert placed["deliver_by_date"] == part["estimated_delivery"]["latest_date"]


def test_a_parcel_that_is_not_shipped_there_is_refused_with_what_to_do(
    market: TestMarket, visit: Visit
) -> None:
    vendor_id = market.vendor()
    vendor, shopper = visit("vendor", vendor_id), visit("shopper", market.shopper()["shopper_id"])
    offer = market.offer(vendor=vendor_id)
    post(vendor, "/v1/shipping-zones", {"name": "At", "countries": ["AT"], "steps": [STEP]})
    cart = {"lines": [{"offer_id": f"off_{offer}", "quantity": 1}], "ship_to": {"country": "DE"}}
    refused = shopper.post("/v1/quote", json=cart)
    assert (refused.status_code, refused.json()["code"]) == (422, "shipping_unavailable")
    assert refused.json()["country"] == "DE"


def test_a_cart_that_names_a_product_is_routed_as_the_ranking_says(
    market: TestMarket, visit: Visit
) -> None:
    offer, shopper = market.offer(price_cents=900), visit("shopper", market.shopper()["shopper_id"])
    product = shopper.get(f"/v1/offers/off_{offer}").json()["product_id"]
    ranked = visit().get(f"/v1/products/{product}/offers?country=DE&quantity=2").json()
    assert [(each["offer_id"], each["is_chosen"]) for each in ranked["data"]] == [
        (f"off_{offer}", True)
    ]
    assert ranked["data"][0]["score"]["price_cents"] == 1_800
    order = post(shopper, "/v1/orders", {"lines": [{"product_id": product, "quantity": 2}]})
    assert order["vendor_orders"][0]["lines"][0]["offer_id"] == f"off_{offer}"


def test_a_line_names_an_offer_or_a_product_and_not_both(market: TestMarket, visit: Visit) -> None:
    shopper = visit("shopper", market.shopper()["shopper_id"])
    for line in ({}, {"offer_id": "off_1", "product_id": "prd_1"}, {"variant_id": "var_1"}):
        answer = shopper.post("/v1/quote", json={"lines": [line | {"quantity": 1}]})
        assert answer.status_code == 422


def test_a_vendor_reads_why_its_line_paid_its_rate_and_no_other_vendor_does(
    market: TestMarket, visit: Visit
) -> None:
    vendor_id, operator = market.vendor(), visit("operator")
    vendor, rival = visit("vendor", vendor_id), visit("vendor", market.vendor())
    offer = market.offer(vendor=vendor_id)
    mine = {"vendor_id": f"ven_{vendor_id}", "rate": 200}
    rule = post(operator, "/v1/commission-rules", mine)["commission_rule_id"]
    post(operator, "/v1/commission-rules", {"rate": 900})
    order_id = market.order((offer, 1))
    (line,) = market.rows(
        "select line_id, vendor_order_id from order_lines where order_id = %s", order_id
    )
    path = f"/v1/vendor-orders/vor_{line['vendor_order_id']}/lines/lin_{line['line_id']}/commission"
    for reader in (vendor, operator):
        told = reader.get(path).json()
        assert (told["commission_rate"], told["commission_basis"]) == (200, "vendor")
        assert [(each["commission_rule_id"], each["outcome"]) for each in told["rules"]] == [
            (rule, "applied"),
            ("com_2", "less_specific"),
        ]
    assert rival.get(path).status_code == 404


def test_rules_end_and_are_listed_page_by_page(market: TestMarket, visit: Visit) -> None:
    operator = visit("operator")
    for rate in (100, 200, 300):
        post(operator, "/v1/commission-rules", {"rate": rate})
    market.clock.advance(seconds=1)
    ended = post(operator, "/v1/commission-rules/com_2/end", status=200)
    assert ended["valid_until"] is not None
    assert post(operator, "/v1/commission-rules/com_2/end", status=409)["code"] == "rule_ended"
    first = operator.get("/v1/commission-rules?limit=2").json()
    rest = operator.get(f"/v1/commission-rules?cursor={first['next_cursor']}").json()
    assert [rule["rate"] for rule in first["data"] + rest["data"]] == [100, 200, 300]


def test_taxes_are_written_listed_and_ended_with_the_day(market: TestMarket, visit: Visit) -> None:
    operator = visit("operator")
    for path, rate in (
        ("/v1/tax-rates", {"country": "DE", "rate": 1_900}),
        ("/v1/commission-tax-rates", {"country": "US", "rate": 2_300}),
    ):
        (key, *_) = post(operator, path, rate).values()
        assert len(operator.get(path).json()["data"]) == 1
        ended = post(operator, f"{path}/{key}/end", status=200)
        assert ended["valid_until_date"] > ended["valid_from_date"]


def test_a_vendor_sees_and_ends_its_own_zones_only(market: TestMarket, visit: Visit) -> None:
    vendor, rival = visit("vendor", market.vendor()), visit("vendor", market.vendor())
    operator = visit("operator")
    markets = post(operator, "/v1/shipping-zones", {"name": "Everywhere", "steps": [STEP]})
    own = post(vendor, "/v1/shipping-zones", {"name": "Own", "steps": [STEP]})
    assert markets["vendor_id"] is None
    seen = [zone["name"] for zone in rival.get("/v1/shipping-zones").json()["data"]]
    assert seen == ["Everywhere"]
    for client, zone in ((rival, own), (vendor, markets)):
        post(client, f"/v1/shipping-zones/{zone['shipping_zone_id']}/end", status=404)
    post(vendor, f"/v1/shipping-zones/{own['shipping_zone_id']}/end", status=200)
    falling = [STEP, STEP | {"up_to_grams": 1_000}]
    post(vendor, "/v1/shipping-zones", {"name": "Wrong", "steps": falling}, status=422)


def test_a_vendor_makes_and_ends_its_own_promotions_only(market: TestMarket, visit: Visit) -> None:
    vendor_id = market.vendor()
    vendor, rival = visit("vendor", vendor_id), visit("vendor", market.vendor())
    promotion = post(vendor, "/v1/promotions", sale(market))["promotion_id"]
    post(rival, f"/v1/promotions/{promotion}/end", status=404)
    assert rival.get("/v1/promotions").json()["data"] == []
    foreign = sale(market) | {"vendor_id": f"ven_{vendor_id}"}
    post(rival, "/v1/promotions", foreign, status=403)
    refused = post(vendor, "/v1/promotions", sale(market, days=-1), status=422)
    assert refused["code"] == "rule_in_past"
