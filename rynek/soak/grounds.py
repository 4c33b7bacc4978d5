"""A small market for a model to be held to: three vendors, six offers, rules of every kind."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from rynek.local.stripe.control import Control
from rynek.soak.arithmetic import Offer, Terms
from rynek.soak.emptying import empty
from transactional import installation
from transactional.catalogue import categories, offers, products
from transactional.catalogue.offers import NewOffer
from transactional.catalogue.products import NewProduct
from transactional.checkout import rule_book
from transactional.database import Database, Transaction
from transactional.gateway import Gateway
from transactional.installation import Installation
from transactional.people import shoppers, vendor_accounts, vendors
from transactional.people.shoppers import NewShopper
from transactional.people.vendors import NewVendor
from transactional.settings import Settings

UNITS = 20
# One vendor sells as all do; another's country withholds tax, and it pays more commission. The
# third pays the most that can be asked: what is dear costs it more than it brings.
PLAIN = Terms(tax_rate=700)
RULED = Terms(1_250, 2_300, is_tax_withheld=True, commission_tax_rate=2_300)
PROMOTED = Terms(1_250, 2_300, is_tax_withheld=True, commission_tax_rate=2_300, discount_rate=1_500)
COSTLY = Terms(5_000, 10_000, is_tax_withheld=True, commission_tax_rate=10_000)
STALLS = (
    ("US", PLAIN, 999),
    ("US", PLAIN, 333),
    ("PL", RULED, 1_001),
    ("PL", PROMOTED, 777),
    ("DE", COSTLY, 1_009),
    ("DE", COSTLY, 99),
)
RULES = {"US": PLAIN, "PL": RULED, "DE": COSTLY}
KINDS = ("payment_intents", "refunds", "transfers", "events")
PAGE = 100
FOR_LONG = timedelta(days=3_650)


class Impatient(Gateway):
    """Never repeats a call by itself: each fault is felt."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._client = client_of(settings)


def client_of(settings: Settings) -> stripe.StripeClient:
    addresses: Any = {"api": settings.stripe_api_base}
    return stripe.StripeClient(
        settings.stripe_api_key, base_addresses=addresses, max_network_retries=0
    )


@dataclass
class Grounds:
    """Where markets are held, one after another; `tally` counts what came to pass in them."""

    owner_url: str
    settings: Settings
    database: Database
    control: Control
    tally: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What broke, in the order it did; a run cannot always be repeated to tell it."""


@dataclass
class Fair:
    """One market on these grounds, from its founding; `now` is its time."""

    grounds: Grounds
    gateway: Gateway
    client: stripe.StripeClient
    now: datetime
    begun_after: dict[str, str | None]
    """The newest of Stripe's objects of each kind that belongs to an earlier market."""
    read_until: str | None
    shopper_id: int = 0
    vendors: dict[str, int] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.grounds.database

    @property
    def control(self) -> Control:
        return self.grounds.control

    def news(self) -> list[dict[str, Any]]:
        """Events that Stripe has filed since the last call, oldest first."""
        filed: list[dict[str, Any]] = []
        while page := self.gateway.list_events(self.read_until):
            filed += reversed(page)
            self.read_until = page[0]["id"]
        return filed

    def at_stripe(self) -> dict[str, int]:
        """Cents that moved, by Stripe's ids of payments, refunds and transfers."""
        payments, refunds, transfers = map(self._since_the_beginning, KINDS[:3])
        return (
            {one.id: one.amount_received for one in payments if one.status == "succeeded"}
            | {one.id: one.amount for one in refunds if one.status in ("succeeded", "pending")}
            | {one.id: one.amount - one.amount_reversed for one in transfers}
        )

    def _since_the_beginning(self, kind: str) -> Iterator[Any]:
        page: Any = {"limit": PAGE}
        if last := self.begun_after[kind]:
            page["ending_before"] = last
        found: Iterator[Any] = getattr(self.client.v1, kind).list(page).auto_paging_iter()
        return found


def found(grounds: Grounds) -> Fair:
    """A new market on emptied grounds."""
    empty(grounds.owner_url)
    grounds.control.clear()
    client = client_of(grounds.settings)
    newest = {kind: _newest(client, kind) for kind in KINDS}
    now = datetime.fromtimestamp(grounds.control.now(), UTC)
    fair = Fair(grounds, Impatient(grounds.settings), client, now, newest, newest["events"])
    with fair.database.transaction() as connection:
        installation.ensure(connection, Installation("USD", "Europe/Warsaw"))
        fair.shopper_id = shoppers.create(connection, NewShopper(None, "Ada"))["shopper_id"]
        _read_events_from_here(connection, fair)
    fair.vendors = {country: _open_shop(fair, country) for country in RULES}
    with fair.database.transaction() as connection:
        category_id = categories.create(connection, "Tea", None)["category_id"]
        for stall in STALLS:
            _offer(connection, fair, category_id, *stall)
        _write_rules(connection, fair, category_id)
    return fair


def _newest(client: stripe.StripeClient, kind: str) -> str | None:
    return next((one.id for one in getattr(client.v1, kind).list({"limit": 1}).data), None)


def _read_events_from_here(connection: Transaction, fair: Fair) -> None:
    if fair.read_until is not None:
        connection.execute(
            "insert into stripe_events_cursor (event_id, created_at) values (%s, %s)",
            (fair.read_until, fair.now),
        )


def _open_shop(fair: Fair, country: str) -> int:
    with fair.database.transaction() as connection:
        vendor_id = vendors.create(connection, NewVendor("A shop", "Ltd", country), fair.now)
    account = vendor_accounts.open_one(fair.database, fair.gateway, vendor_id, fair.now)
    fair.control.complete_account(account)
    fair.accounts.append(account)
    return vendor_id


def _offer(
    connection: Transaction,
    fair: Fair,
    category_id: int,
    country: str,
    terms: Terms,
    price_cents: int,
) -> None:
    product_id = products.create(connection, NewProduct("Tea", category_id))["product_id"]
    vendor_id = fair.vendors[country]
    new = NewOffer(product_id, vendor_id, f"TEA-{price_cents}", price_cents, UNITS, 2)
    offer_id = offers.create_offer(connection, new, fair.now)["offer_id"]
    fair.offers.append(Offer(offer_id, vendor_id, price_cents, terms))
    if terms.discount_rate:
        promotion = {
            "vendor_id": vendor_id,
            "product_id": product_id,
            "name": "Spring",
            "rate": terms.discount_rate,
            "ends_at": fair.now + FOR_LONG,
        }
        _begin(connection, rule_book.PROMOTIONS, promotion, fair.now)


def _write_rules(connection: Transaction, fair: Fair, category_id: int) -> None:
    for country, terms in RULES.items():
        commission = {"vendor_id": fair.vendors[country], "rate": terms.commission_rate}
        _begin(connection, rule_book.COMMISSION_RULES, commission, fair.now)
        on_commission = {"country": country, "rate": terms.commission_tax_rate}
        _begin(connection, rule_book.COMMISSION_TAX_RATES, on_commission, fair.now)
        tax = {
            "country": country,
            "category_id": category_id,
            "rate": terms.tax_rate,
            "is_marketplace_tax": terms.is_tax_withheld,
        }
        _begin(connection, rule_book.TAX_RATES, tax, fair.now)


def _begin(
    connection: Transaction, kind: rule_book.Kind, values: dict[str, Any], now: datetime
) -> None:
    """A rule about nothing more than `values` says."""
    unsaid: dict[str, Any] = dict.fromkeys(kind.all_columns)
    unsaid.pop(kind.key)
    rule_book.begin(connection, kind, unsaid | values, now)
