"""A small market with everybody in it: two shoppers, two vendors, one of everything of theirs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from transactional.ordering import fulfilment

ARRIVED = 2

THINGS = Path(__file__).with_suffix(".sql")
IDS = {
    "vendor_id": "ven_1",
    "shopper_id": "shp_1",
    "product_id": "prd_1",
    "offer_id": "off_1",
    "order_id": "ord_1",
    "vendor_order_id": "vor_1",
    "line_id": "lin_1",
    "category_id": "cat_1",
    "variant_id": "var_1",
    "checklist_item_id": "chk_1",
    "submission_id": "sub_1",
    "catalogue_import_id": "imp_1",
    "product_image_id": "img_1",
    "review_id": "rev_1",
    "closure_id": "clo_1",
    "webhook_id": "vwh_1",
    "notification_id": "ntf_1",
    "event_id": "evt_1",
    "promotion_id": "pro_1",
    "shipping_zone_id": "shz_1",
    "commission_rule_id": "com_1",
    "tax_rate_id": "tax_1",
    "refund_id": "ref_1",
    "dispute_id": "dsp_1",
    "commission_tax_rate_id": "ctx_1",
}


@dataclass(frozen=True)
class Cast:
    """Clients by the name of who they are, and the ids of what is there to ask for."""

    clients: dict[str, TestClient]
    ids: dict[str, str]

    def ids_for(self, who: str) -> dict[str, str]:
        """What can be asked away is there a second time, for the operator."""
        second = {"closure_id": "clo_2", "webhook_id": "vwh_2", "checklist_item_id": "chk_2"}
        second |= {"promotion_id": "pro_2", "product_image_id": "img_2"}
        return self.ids | (second if who == "operator" else {})


def assemble(market: TestMarket, visit: Visit) -> Cast:
    """Order 1 is paid for and waits for its parcel, order 2 has arrived."""
    vendor, stranger = market.vendor(), market.vendor()
    shopper, other = (market.shopper()["shopper_id"] for _ in range(2))
    offer = market.offer(vendor=vendor)
    for _ in range(2):
        market.pay(market.order((offer, 1), shopper=shopper))
    with market.database.transaction() as connection:
        fulfilment.ship(connection, ARRIVED, fulfilment.Shipment("UPS", "1Z"), market.clock())
        fulfilment.deliver(connection, ARRIVED, market.clock())
        connection.execute(THINGS.read_bytes())
    return Cast(
        {
            "nobody": visit(),
            "shopper": visit("shopper", shopper),
            "other shopper": visit("shopper", other),
            "vendor": visit("vendor", vendor),
            "other vendor": visit("vendor", stranger),
            "operator": visit("operator"),
            "service": visit("service"),
        },
        IDS,
    )


# A body that each route takes, or the form of those that take one.
LINES = {"lines": [{"offer_id": "off_1", "quantity": 1}]}
BODIES: dict[str, Any] = {
    "PUT /v1/installation": {"currency": "USD", "time_zone": "Europe/Warsaw"},
    "POST /v1/vendors": {"name": "Tea", "legal_name": "Tea Ltd", "country": "US"},
    "PATCH /v1/vendors/{vendor_id}": {"ships_within_days": 3},
    "POST /v1/vendors/{vendor_id}/suspend": {},
    "POST /v1/vendors/{vendor_id}/reinstate": {},
    "POST /v1/vendors/{vendor_id}/reject": {},
    "POST /v1/checklist-items": {"code": "insurance", "title": "A policy"},
    "POST /v1/vendors/{vendor_id}/submissions": {
        "checklist_item_id": "chk_1",
        "content": {"fields": {"number": "1"}},
    },
    "POST /v1/vendors/{vendor_id}/waivers": {"checklist_item_id": "chk_1"},
    "POST /v1/submissions/{submission_id}/review": {"decision": "approved"},
    "POST /v1/vendors/{vendor_id}/onboarding-link": {
        "return_url": "https://shop.example/back",
        "refresh_url": "https://shop.example/again",
    },
    "POST /v1/categories": {"name": "Coffee"},
    "PATCH /v1/categories/{category_id}": {"name": "Teas"},
    "POST /v1/products": {"title": "Oolong"},
    "PATCH /v1/products/{product_id}": {"title": "Oolong"},
    "POST /v1/products/{product_id}/variants": {"name": "Large"},
    "PATCH /v1/variants/{variant_id}": {"name": "Little"},
    "POST /v1/offers": {
        "product_id": "prd_1",
        "vendor_id": "ven_1",
        "sku": "OOLONG",
        "price_cents": 900,
    },
    "PATCH /v1/offers/{offer_id}": {"price_cents": 2_000},
    "POST /v1/offers/{offer_id}/restock": {"units": 1},
    "POST /v1/lines/{line_id}/review": {"stars": 4},
    "PATCH /v1/reviews/{review_id}": {"stars": 4},
    "POST /v1/reviews/{review_id}/remove": {"reason": "spam"},
    "POST /v1/commission-rules": {"vendor_id": "ven_1", "rate": 400},
    "POST /v1/tax-rates": {"country": "FR", "rate": 2_000},
    "POST /v1/commission-tax-rates": {"country": "FR", "rate": 2_000},
    "POST /v1/shipping-zones": {
        "vendor_id": "ven_1",
        "name": "Abroad",
        "steps": [{"up_to_grams": 1_000, "fee_cents": 900, "transit_days": 9}],
    },
    "POST /v1/promotions": {
        "vendor_id": "ven_1",
        "name": "Summer",
        "rate": 1_000,
        "ends_at": "2031-01-01T00:00:00Z",
    },
    "POST /v1/products/{product_id}/images": {"url": "https://shop.example/2.png"},
    "POST /v1/events": {
        "visitor_id": "00000000-0000-4000-8000-000000000000",
        "events": [],
    },
    "POST /v1/orders/{order_id}/refunds": {"reason": "operator"},
    "POST /v1/disputes/{dispute_id}/evidence": {"text": "a signature"},
    "POST /v1/stock/bulk": {"counts": [{"offer_id": "off_1", "add_units": 1}]},
    "POST /v1/shoppers": {"name": "Ada"},
    "POST /v1/tokens": {"role": "shopper", "subject": "shp_1"},
    "POST /v1/quote": LINES,
    "POST /v1/orders": LINES,
    "POST /v1/orders/{order_id}/pay": {"payment_method": "pm_card_visa"},
    "POST /v1/vendor-orders/{vendor_order_id}/ship": {"tracking_code": "1Z"},
    "PUT /v1/vendor-orders/{vendor_order_id}/tracking": {"tracking_code": "1Z"},
    "PUT /v1/vendors/{vendor_id}/calendar": {"open_weekdays": [1, 2, 3]},
    "POST /v1/vendors/{vendor_id}/closures": {
        "first_date": "2031-12-24",
        "last_date": "2031-12-26",
    },
    "POST /v1/vendors/{vendor_id}/webhooks": {"url": "https://shop.example/hook"},
}
FORMS = {"POST /v1/introspect": {"token": "rk_x"}, "POST /v1/revoke": {"token": "rk_x"}}
