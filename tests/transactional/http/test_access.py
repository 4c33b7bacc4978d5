"""Who may ask for what: every route of the document by everybody, tried over HTTP.

A route without a row fails, so whoever adds one says here who may use it.
"""

import pytest

from tests.transactional.http.cast import BODIES, FORMS, Cast, assemble
from tests.transactional.http.routes import ROUTES, Route
from tests.transactional.market import TestMarket, Visit
from transactional.http.request_database import TABLES

WHO = ("nobody", "shopper", "other shopper", "vendor", "other vendor", "operator", "service")
# Strangers first: what an owner does may end what there was to see.
ORDER = ("nobody", "other shopper", "other vendor", "service", "shopper", "vendor", "operator")

# `ok` is let in, whatever comes of it then. What is asked for is the first shopper's and vendor's.
# nobody, shopper, other shopper, vendor, other vendor, operator, service
MATRIX = """
ok  ok  ok  ok  ok  ok  ok   GET /v1/installation
401 403 403 403 403 ok  403  PUT /v1/installation
401 403 403 403 403 ok  ok   POST /v1/vendors
401 403 403 403 403 ok  403  GET /v1/vendors
401 403 403 403 403 ok  403  POST /v1/vendors/{vendor_id}/account
401 403 403 403 403 ok  403  GET /v1/owners
401 403 403 ok  404 ok  403  GET /v1/vendors/{vendor_id}
401 403 403 ok  404 ok  403  PATCH /v1/vendors/{vendor_id}
401 403 403 403 403 ok  403  POST /v1/vendors/{vendor_id}/suspend
401 403 403 403 403 ok  403  POST /v1/vendors/{vendor_id}/reinstate
401 403 403 403 403 ok  403  POST /v1/vendors/{vendor_id}/reject
401 403 403 403 403 ok  403  POST /v1/checklist-items
401 403 403 ok  ok  ok  403  GET /v1/checklist-items
401 403 403 403 403 ok  403  POST /v1/checklist-items/{checklist_item_id}/retire
401 403 403 ok  404 ok  403  GET /v1/vendors/{vendor_id}/onboarding
401 403 403 ok  404 ok  403  POST /v1/vendors/{vendor_id}/submissions
401 403 403 403 403 ok  403  POST /v1/vendors/{vendor_id}/waivers
401 403 403 403 403 ok  403  GET /v1/submissions
401 403 403 403 403 ok  403  POST /v1/submissions/{submission_id}/review
401 403 403 ok  404 ok  403  POST /v1/vendors/{vendor_id}/onboarding-link
401 403 403 403 403 ok  403  POST /v1/categories
ok  ok  ok  ok  ok  ok  ok   GET /v1/categories
401 403 403 403 403 ok  403  PATCH /v1/categories/{category_id}
401 403 403 ok  ok  ok  403  POST /v1/products
ok  ok  ok  ok  ok  ok  ok   GET /v1/products
ok  ok  ok  ok  ok  ok  ok   GET /v1/products/{product_id}
401 403 403 ok  ok  ok  403  PATCH /v1/products/{product_id}
401 403 403 ok  ok  ok  403  POST /v1/products/{product_id}/variants
ok  ok  ok  ok  ok  ok  ok   GET /v1/products/{product_id}/variants
401 403 403 ok  ok  ok  403  PATCH /v1/variants/{variant_id}
401 403 403 ok  403 ok  403  POST /v1/offers
ok  ok  ok  ok  ok  ok  ok   GET /v1/offers
ok  ok  ok  ok  ok  ok  ok   GET /v1/offers/{offer_id}
401 403 403 ok  404 ok  403  PATCH /v1/offers/{offer_id}
401 403 403 ok  404 ok  403  POST /v1/offers/{offer_id}/restock
401 403 403 ok  404 ok  403  POST /v1/vendors/{vendor_id}/catalogue-imports
401 403 403 ok  404 ok  403  GET /v1/vendors/{vendor_id}/catalogue-imports
401 403 403 ok  404 ok  403  GET /v1/catalogue-imports/{catalogue_import_id}
401 403 403 ok  404 ok  403  GET /v1/catalogue-imports/{catalogue_import_id}/errors
401 403 403 ok  404 ok  403  GET /v1/catalogue-imports/{catalogue_import_id}/errors.csv
401 403 403 ok  ok  ok  403  POST /v1/stock/bulk
401 403 403 ok  404 ok  403  GET /v1/offers/{offer_id}/stock-moves
401 403 403 ok  ok  ok  403  POST /v1/products/{product_id}/images
401 403 403 ok  ok  ok  403  GET /v1/products/{product_id}/images
401 403 403 ok  ok  ok  403  DELETE /v1/products/{product_id}/images/{product_image_id}
ok  ok  ok  ok  ok  ok  ok   GET /v1/products/{product_id}/offers
401 ok  404 403 403 403 403  POST /v1/lines/{line_id}/review
401 ok  404 403 403 403 403  PATCH /v1/reviews/{review_id}
401 403 403 403 403 ok  403  POST /v1/reviews/{review_id}/remove
ok  ok  ok  ok  ok  ok  ok   GET /v1/products/{product_id}/reviews
401 403 403 403 403 ok  403  POST /v1/commission-rules
401 403 403 403 403 ok  403  GET /v1/commission-rules
401 403 403 403 403 ok  403  POST /v1/commission-rules/{commission_rule_id}/end
401 403 403 403 403 ok  403  POST /v1/tax-rates
401 403 403 403 403 ok  403  GET /v1/tax-rates
401 403 403 403 403 ok  403  POST /v1/tax-rates/{tax_rate_id}/end
401 403 403 403 403 ok  403  POST /v1/commission-tax-rates
401 403 403 403 403 ok  403  GET /v1/commission-tax-rates
401 403 403 403 403 ok  403  POST /v1/commission-tax-rates/{commission_tax_rate_id}/end
401 403 403 ok  404 ok  403  GET /v1/vendor-orders/{vendor_order_id}/lines/{line_id}/commission
401 403 403 ok  403 ok  403  POST /v1/shipping-zones
401 403 403 ok  ok  ok  403  GET /v1/shipping-zones
401 403 403 ok  404 ok  403  POST /v1/shipping-zones/{shipping_zone_id}/end
401 403 403 ok  403 ok  403  POST /v1/promotions
401 403 403 ok  ok  ok  403  GET /v1/promotions
401 403 403 ok  404 ok  403  POST /v1/promotions/{promotion_id}/end
401 403 403 403 403 ok  ok   POST /v1/shoppers
401 ok  ok  403 403 403 403  GET /v1/shoppers/me
401 403 403 403 403 ok  403  POST /v1/shoppers/{shopper_id}/erase
401 ok  ok  403 403 403 403  POST /v1/visitors/{visitor_id}/merge
401 403 403 403 403 ok  403  POST /v1/tokens
401 403 403 403 403 ok  ok   POST /v1/introspect
401 ok  ok  ok  ok  ok  ok   POST /v1/revoke
401 ok  ok  403 403 403 403  POST /v1/quote
401 ok  ok  403 403 403 403  POST /v1/orders
401 ok  ok  403 403 403 403  GET /v1/orders
401 ok  404 404 404 ok  404  GET /v1/orders/{order_id}
401 ok  404 404 404 ok  404  POST /v1/orders/{order_id}/cancel
401 ok  404 403 403 403 403  POST /v1/orders/{order_id}/pay
401 ok  404 403 403 403 403  POST /v1/orders/{order_id}/check-payment
401 ok  404 404 404 ok  404  POST /v1/orders/{order_id}/renew-hold
401 403 403 ok  ok  403 403  GET /v1/vendor-orders
401 403 403 ok  404 ok  403  GET /v1/vendor-orders/{vendor_order_id}
401 403 403 ok  404 ok  403  POST /v1/vendor-orders/{vendor_order_id}/ship
401 403 403 ok  404 ok  403  PUT /v1/vendor-orders/{vendor_order_id}/tracking
401 403 403 ok  404 ok  403  POST /v1/vendor-orders/{vendor_order_id}/deliver
401 403 403 ok  404 ok  403  POST /v1/vendor-orders/{vendor_order_id}/cancel
401 403 403 ok  404 ok  403  POST /v1/orders/{order_id}/refunds
401 403 403 ok  404 ok  403  GET /v1/orders/{order_id}/refunds
401 ok  ok  403 403 403 403  GET /v1/refunds
401 403 403 ok  404 ok  403  GET /v1/refunds/{refund_id}
401 403 403 403 403 ok  403  POST /v1/refunds/{refund_id}/repeat
401 403 403 ok  ok  ok  403  GET /v1/disputes
401 403 403 ok  404 ok  403  GET /v1/disputes/{dispute_id}
401 403 403 403 403 ok  403  POST /v1/disputes/{dispute_id}/evidence
401 403 403 ok  404 ok  403  GET /v1/vendors/{vendor_id}/balance
401 403 403 ok  404 ok  403  GET /v1/vendors/{vendor_id}/calendar
401 403 403 ok  404 ok  403  PUT /v1/vendors/{vendor_id}/calendar
401 403 403 ok  404 ok  403  POST /v1/vendors/{vendor_id}/closures
401 403 403 ok  404 ok  403  DELETE /v1/vendors/{vendor_id}/closures/{closure_id}
401 403 403 ok  404 ok  403  GET /v1/vendors/{vendor_id}/webhooks
401 403 403 ok  404 ok  403  POST /v1/vendors/{vendor_id}/webhooks
401 403 403 ok  404 ok  403  POST /v1/vendor-webhooks/{webhook_id}/rotate
401 403 403 ok  404 ok  403  POST /v1/vendor-webhooks/{webhook_id}/enable
401 403 403 ok  404 ok  403  POST /v1/vendor-webhooks/{webhook_id}/test
401 403 403 ok  404 ok  403  DELETE /v1/vendor-webhooks/{webhook_id}
401 403 403 403 403 ok  403  GET /v1/notifications
401 403 403 403 403 ok  403  POST /v1/notifications/{notification_id}/retry
ok  ok  ok  ok  ok  ok  ok   POST /v1/events
ok  ok  ok  ok  ok  ok  ok   GET /healthz
ok  ok  ok  ok  ok  ok  ok   GET /readyz
401 403 403 403 403 ok  ok   GET /v1/facts
401 403 403 403 403 ok  403  GET /v1/open-tasks
ok  ok  ok  ok  ok  ok  ok   POST /v1/webhooks/stripe
401 403 403 403 403 ok  403  POST /v1/webhooks/{event_id}/retry
401 403 403 403 403 ok  403  GET /v1/audit
"""
# Ids in paths whose rows are nobody's own.
OF_THE_MARKET = {
    "product_id",
    "category_id",
    "variant_id",
    "product_image_id",
    "checklist_item_id",
    "commission_rule_id",
    "tax_rate_id",
    "commission_tax_rate_id",
    "event_id",
    "visitor_id",
}


def rows() -> dict[str, dict[str, str]]:
    """What each sees of a route, by the route's name."""
    table = {}
    for line in MATRIX.strip().splitlines():
        *cells, method, path = line.split()
        table[f"{method} {path}"] = dict(zip(WHO, cells, strict=True))
    return table


def asked(route: Route, cast: Cast, who: str) -> str:
    """`ok`, or the status that keeps them out."""
    body = {"data": FORMS[route.name]} if route.name in FORMS else {"json": BODIES.get(route.name)}
    headers = {"Idempotency-Key": f"{who} {route.name}"}
    path = route.filled(cast.ids_for(who))
    answer = cast.clients[who].request(route.method, path, headers=headers, **body)
    assert answer.status_code < 500, (route.name, who, answer.text)
    return str(answer.status_code) if answer.status_code in (401, 403, 404) else "ok"


def test_every_route_has_its_row() -> None:
    assert {route.name for route in ROUTES} == set(rows())


@pytest.mark.parametrize("negated", [False, True], ids=["as it is", "with one cell turned"])
def test_everybody_gets_what_the_matrix_says(
    market: TestMarket, visit: Visit, negated: bool
) -> None:
    cast, table = assemble(market, visit), rows()
    if negated:
        table["GET /v1/orders/{order_id}"]["other shopper"] = "ok"
    wrong = [
        (route.name, who, cell)
        for route in ROUTES
        for who in ORDER
        if (cell := asked(route, cast, who)) != table[route.name][who]
    ]
    assert wrong == ([("GET /v1/orders/{order_id}", "other shopper", "404")] if negated else [])


def test_every_id_in_a_path_is_known_to_be_a_tenants_or_the_markets() -> None:
    names = {
        parameter["name"]
        for route in ROUTES
        for parameter in route.operation.get("parameters", ())
        if parameter["in"] == "path"
    }
    assert names <= set(TABLES) | OF_THE_MARKET
