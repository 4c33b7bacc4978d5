"""Lives of an order, from the cart to the last cent, as its people live them over HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from uuid import uuid4

import httpx
import stripe

from rynek.local.stripe.control import Control
from rynek.soak.site import Site, operator_token
from rynek.soak.visits import Json, Visitor, VisitRefusedError

GOOD_CARD = "pm_card_visa"
DECLINED_CARD = "pm_card_chargeDeclined"
CHALLENGED_CARD = "pm_card_threeDSecure2Required"
VENDORS = 3
UNITS = 1_000_000
PRICE_CENTS = 1_999
# What the market may say to someone who comes too late; the life then ends there.
TOO_LATE = ("hold_lapsed", "order_not_open", "move_refused", "out_of_stock")


@dataclass(frozen=True)
class Town:
    """Vendors with one offer each, and the operator who lets people in."""

    operator: Visitor
    control: Control
    stripe: stripe.StripeClient
    offers: tuple[str, ...]

    def without_help(self) -> "Town":
        """The same, for people who wait until someone else has the market started again."""
        return replace(self, operator=replace(self.operator, revive=lambda: None))

    def shopper(self) -> Visitor:
        email = f"{uuid4().hex}@shopper.example"
        row = self.operator.post("/v1/shoppers", {"name": "Ada", "country": "PL", "email": email})
        return replace(self.operator, token=self._token({"subject": row["shopper_id"]}))

    def _token(self, subject: Json) -> str:
        """A token is shown once: where that answer was lost, another is minted."""
        while True:
            try:
                return str(
                    self.operator.post("/v1/tokens", {"role": "shopper", **subject})["token"]
                )
            except VisitRefusedError as refusal:
                if refusal.code != "token_shown_once":
                    raise


def found(site: Site) -> Town:
    """A town with three vendors."""
    operator = Visitor(site.core_url, operator_token(site), site.revive)
    offers = tuple(open_shop(operator) for _ in range(VENDORS))
    return Town(operator, site.control, site.stripe(), offers)


def open_shop(operator: Visitor) -> str:
    """A new vendor with one offer, whose id is returned."""
    vendor = operator.post(
        "/v1/vendors", {"name": "A shop", "legal_name": "A shop Ltd", "country": "US"}
    )
    product = operator.post("/v1/products", {"title": "Green tea"})
    offer = {
        "product_id": product["product_id"],
        "vendor_id": vendor["vendor_id"],
        "sku": "TEA",
        "price_cents": PRICE_CENTS,
        "available_units": UNITS,
    }
    return str(operator.post("/v1/offers", offer)["offer_id"])


def bought(town: Town, card: str = GOOD_CARD) -> Json:
    """An order of every vendor's tea, paid at the second try; the first card is declined.

    An answer that was lost may have been found by a worker; then the order is paid already, and
    only the shopper's check tells by which PaymentIntent.
    """
    shopper = town.shopper()
    lines = [{"offer_id": offer, "quantity": 2} for offer in town.offers]
    order = shopper.post("/v1/orders", {"lines": lines})
    path = f"/v1/orders/{order['order_id']}"
    shopper.declined(f"{path}/pay", {"payment_method": DECLINED_CARD})
    payment = shopper.post(f"{path}/pay", {"payment_method": card})
    if payment["client_secret"] is None:
        payment = shopper.post(f"{path}/check-payment")
    return order | {"payment": payment}


def intent_of(order: Json) -> str:
    """A client secret begins with its PaymentIntent's id."""
    return str(order["payment"]["client_secret"]).partition("_secret_")[0]


def delivered(town: Town, order: Json) -> None:
    for part in order["vendor_orders"]:
        path = f"/v1/vendor-orders/{part['vendor_order_id']}"
        town.operator.post(f"{path}/ship", {"tracking_code": "T-1"})
        town.operator.post(f"{path}/deliver")


def given_back(town: Town, order: Json, parts: Sequence[Json]) -> None:
    """One unit of every line of these vendor orders, refunded."""
    lines = [
        {"line_id": line["line_id"], "quantity": 1} for part in parts for line in part["lines"]
    ]
    path = f"/v1/orders/{order['order_id']}/refunds"
    town.operator.post(path, {"lines": lines, "reason": "shopper_request"})


def whole(town: Town, _: Random) -> None:
    """Bought, delivered, and one vendor's unit given back."""
    order = bought(town)
    delivered(town, order)
    given_back(town, order, order["vendor_orders"][:1])


def cancelled_by_vendor(town: Town, _: Random) -> None:
    order = bought(town)
    part = order["vendor_orders"][0]["vendor_order_id"]
    town.operator.post(f"/v1/vendor-orders/{part}/cancel")


def given_up(town: Town, _: Random) -> None:
    """Placed, never paid, cancelled by its shopper."""
    shopper = town.shopper()
    order = shopper.post("/v1/orders", {"lines": [{"offer_id": town.offers[0], "quantity": 1}]})
    shopper.post(f"/v1/orders/{order['order_id']}/cancel")


def challenged(town: Town, chance: Random) -> None:
    """The bank asks its shopper, who answers, fails, walks away, or comes too late."""
    intent_id = intent_of(bought(town, CHALLENGED_CARD))
    if outcome := chance.choice(["succeeded", "failed", ""]):
        try:
            town.control.authenticate(intent_id, outcome)
        except httpx.HTTPStatusError:
            if town.stripe.v1.payment_intents.retrieve(intent_id).status != "canceled":
                raise


def disputed(town: Town, chance: Random) -> None:
    """The bank takes the money back, and decides."""
    order = bought(town)
    if chance.random() < 0.5:
        delivered(town, order)
    intent = town.stripe.v1.payment_intents.retrieve(intent_of(order))
    dispute = town.control.open_dispute(str(intent.latest_charge))
    town.control.decide_dispute(dispute["id"], chance.choice(["won", "lost"]))


LIVES: tuple[Callable[[Town, Random], None], ...] = (
    whole,
    cancelled_by_vendor,
    given_up,
    challenged,
    disputed,
)


def live(town: Town, chance: Random) -> bool:
    """One life, chosen by chance; False where the market's clock ended it before its time."""
    try:
        chance.choice(LIVES)(town, chance)
    except VisitRefusedError as refusal:
        if refusal.code in TOO_LATE:
            return False
        raise
    return True
