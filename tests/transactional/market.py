"""A small market for tests: builders over the core's own verbs, against real servers."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol
from uuid import uuid4

from fastapi.testclient import TestClient

from transactional import installation
from transactional.access import tokens
from transactional.access.tokens import Role
from transactional.catalogue import offers, products
from transactional.catalogue.offers import NewOffer
from transactional.catalogue.products import NewProduct
from transactional.checkout import carts
from transactional.checkout.carts import Wanted
from transactional.database import Database, Row
from transactional.gateway import Gateway
from transactional.installation import Installation
from transactional.ordering import fulfilment, orders
from transactional.ordering.fulfilment import Shipment
from transactional.ordering.orders import Purchase
from transactional.payment import payments
from transactional.payment.intents import Intent
from transactional.people import shoppers, vendor_accounts, vendors
from transactional.people.shoppers import NewShopper
from transactional.people.vendors import NewVendor
from transactional.settings import Settings


class Visit(Protocol):
    """Sign in over HTTP: `visit("shopper", 3)`, `visit("operator")`, or `visit()` as nobody."""

    def __call__(self, role: Role | None = None, subject_id: int | None = None) -> TestClient: ...


GOOD_CARD = "pm_card_visa"
DECLINED_CARD = "pm_card_chargeDeclined"
CHALLENGED_CARD = "pm_card_threeDSecure2Required"


class Clock:
    """A clock that the test turns; it starts at the present, whole seconds."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@dataclass
class TestMarket:
    """A market with a currency; whatever a test needs is made by one call."""

    __test__ = False

    database: Database
    gateway: Gateway
    clock: Clock
    settings: Settings
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def found(self) -> None:
        with self.database.transaction() as connection:
            installation.ensure(connection, Installation("USD", "Europe/Warsaw"))

    def vendor(self, *, is_active: bool = True) -> int:
        new = NewVendor(name=f"Vendor {next(self.numbers)}", legal_name="Ltd", country="US")
        with self.database.transaction() as connection:
            vendor_id = vendors.create(connection, new, self.clock())
        if is_active:
            vendor_accounts.open_one(self.database, self.gateway, vendor_id, self.clock())
        return vendor_id

    def offer(
        self, *, vendor: int | None = None, price_cents: int = 1_999, units: int = 100
    ) -> int:
        vendor = self.vendor() if vendor is None else vendor
        with self.database.transaction() as connection:
            product = products.create(connection, NewProduct("Green tea"))
            new = NewOffer(
                product["product_id"], vendor, f"SKU-{next(self.numbers)}", price_cents, units, 5
            )
            offer_id: int = offers.create_offer(connection, new, self.clock())["offer_id"]
        return offer_id

    def shopper(self) -> Row:
        with self.database.transaction() as connection:
            return shoppers.create(connection, NewShopper(None, "Ada"))

    def token(self, role: Role, subject_id: int | None = None) -> str:
        with self.database.transaction() as connection:
            return tokens.mint(connection, role, subject_id, timedelta(hours=1))

    def order(self, *wanted: tuple[int, int], shopper: int | None = None) -> int:
        """Place an order of (offer_id, quantity) lines; returns its id."""
        shopper = self.shopper()["shopper_id"] if shopper is None else shopper
        with self.database.transaction() as connection:
            cart = carts.quote(
                connection, [Wanted(*line) for line in wanted], carts.ANYWHERE, self.clock()
            )
            purchase = Purchase(shopper, cart, self.clock())
            return orders.place(connection, [purchase], self.clock())[0]

    def pay(self, order_id: int, card: str = GOOD_CARD) -> Intent | None:
        with self.database.transaction() as connection:
            begun = payments.begin(connection, order_id, card, self.clock())
        if begun is None:
            return None
        return payments.finish(self.database, self.gateway, begun, self.clock())

    def paid_order(self, *wanted: tuple[int, int]) -> int:
        order_id = self.order(*wanted)
        self.pay(order_id)
        return order_id

    def deliver(self, order_id: int) -> None:
        """See every part of a paid order shipped and delivered."""
        parts = self.rows("select vendor_order_id from vendor_orders where order_id = %s", order_id)
        for part in parts:
            with self.database.transaction() as connection:
                fulfilment.ship(connection, part["vendor_order_id"], Shipment(), self.clock())
                fulfilment.deliver(connection, part["vendor_order_id"], self.clock())

    def delivered_order(self, *wanted: tuple[int, int]) -> int:
        """A paid order whose dispute window is over: its transfers are due."""
        order_id = self.paid_order(*wanted)
        self.deliver(order_id)
        self.clock.advance(days=8)
        return order_id

    def rows(self, query: str, *values: object) -> list[Row]:
        with self.database.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        (row,) = self.rows(query, *values)
        (value,) = row.values()
        return value

    def status(self, order_id: int) -> str:
        return str(self.value("select status from orders where order_id = %s", order_id))

    def units(self, offer_id: int) -> tuple[int, int, int]:
        """Available, held, sold."""
        (row,) = self.rows(
            "select available_units, held_units, sold_units from stock where offer_id = %s",
            offer_id,
        )
        return row["available_units"], row["held_units"], row["sold_units"]


def signed(event: object, secret: str) -> tuple[bytes, str]:
    """A webhook's raw bytes and its Stripe-Signature."""
    body = json.dumps(event).encode()
    at = int(time.time())
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={at},v1={digest}"


def intent_event(payment_intent_id: str, kind: str = "payment_intent.succeeded") -> dict[str, Any]:
    """An event as Stripe sends it; its object is stale on purpose, only the id may count."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": kind,
        "data": {"object": {"id": payment_intent_id, "object": "payment_intent", "status": "?"}},
    }
