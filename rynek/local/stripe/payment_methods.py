"""Payment methods: each use of a test card's id makes a fresh one, as at Stripe."""

from typing import Final

from rynek.local.stripe.cards import TEST_CARDS, Card
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.ids import mint
from rynek.local.stripe.parameters import Nothing, read
from rynek.local.stripe.refusals import Json, missing
from rynek.local.stripe.store import Record

EXPIRY_YEAR: Final = 2034
NO_BILLING_DETAILS: Final[Json] = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
UNCHECKED: Final[Json] = {
    "address_line1_check": None,
    "address_postal_code_check": None,
    "cvc_check": "pass",
}


def present(call: Call, token: str) -> Record:
    """The payment method named in a request: an earlier `pm_...`, or a test card's id.

    Raises Refusal (400, resource_missing) for anything else.
    """
    if token in TEST_CARDS:
        return call.books.add(body_of(TEST_CARDS[token], call.now), {"card": token})
    earlier = call.books.find("payment_method", token)
    if earlier is None:
        raise missing("PaymentMethod", token, param="payment_method")
    return earlier


def card_behind(method: Record) -> Card:
    return TEST_CARDS[method.hidden["card"]]


def card_charged(call: Call, charge: Json) -> Card:
    """The card that a charge was made to."""
    method = call.books.find("payment_method", charge["payment_method"])
    assert method is not None, "a charge keeps the payment method it was made to"
    return card_behind(method)


def retrieve(call: Call) -> Answer:
    read(Nothing, call.form)
    return ok(call.find("payment_method", "PaymentMethod", call.path["id"]).body)


def body_of(card: Card, now: int) -> Json:
    return {
        "id": mint("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": NO_BILLING_DETAILS,
        "card": {
            "brand": card.brand,
            "checks": UNCHECKED,
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": EXPIRY_YEAR,
            "fingerprint": None,
            "funding": "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": now,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def details_of(card: Card, *, is_authenticated: bool) -> Json:
    """`payment_method_details` as a charge shows them."""
    return {
        "type": "card",
        "card": {
            "brand": card.brand,
            "checks": UNCHECKED,
            "country": "US",
            "exp_month": 12,
            "exp_year": EXPIRY_YEAR,
            "fingerprint": None,
            "funding": "credit",
            "installments": None,
            "last4": card.last4,
            "mandate": None,
            "network": card.brand,
            "three_d_secure": {"result": "authenticated"} if is_authenticated else None,
            "wallet": None,
        },
    }
