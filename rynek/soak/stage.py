"""A stage of its own for stories: throw-away servers, one vendor, one shopper."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from rynek.local.servers import running
from rynek.local.stripe.control import Control
from rynek.soak.stories import Stage
from transactional import installation
from transactional.catalogue import offers, products
from transactional.catalogue.offers import NewOffer
from transactional.catalogue.products import NewProduct
from transactional.checkout import carts
from transactional.checkout.carts import Wanted
from transactional.database import Database
from transactional.gateway import Gateway
from transactional.installation import Installation
from transactional.migrations import upgrade
from transactional.ordering import orders
from transactional.ordering.order_rows import Purchase
from transactional.people import shoppers, vendor_accounts, vendors
from transactional.people.shoppers import NewShopper
from transactional.people.vendors import NewVendor
from transactional.settings import Settings

SERVERS = ("postgres", "stripe")
PRICE_CENTS = 1_999


@contextmanager
def opened(home: Path) -> Iterator[Stage]:
    """A market in this empty folder, for the length of the block. Raises LocalError."""
    with running(home, names=SERVERS, durable=False, environ={}) as addresses:
        upgrade(addresses.database_url)
        settings = Settings(
            addresses.database_url,
            "",
            addresses.stripe_api_key,
            addresses.stripe_webhook_secret,
            addresses.stripe_api_base,
        )
        control = Control(addresses.stripe_api_base, addresses.stripe_api_key)
        with Database(addresses.database_url) as database, control:
            yield furnished(database, settings, control, datetime.now(UTC))


def furnished(database: Database, settings: Settings, control: Control, now: datetime) -> Stage:
    """A stage in an empty market, on which every order is of the last unit of an offer."""
    with database.transaction() as connection:
        installation.ensure(connection, Installation("USD", "Europe/Warsaw"))
        vendor_id = vendors.create(connection, NewVendor("Tea House", "Tea Ltd", "US"), now)
        shopper_id = shoppers.create(connection, NewShopper(None, "Ada"))["shopper_id"]
    vendor_accounts.open_one(database, Gateway(settings), vendor_id, now)
    skus = (f"SKU-{number}" for number in count(1))

    def place_order(now: datetime) -> int:
        with database.transaction() as connection:
            product_id = products.create(connection, NewProduct("Green tea"))["product_id"]
            new = NewOffer(product_id, vendor_id, next(skus), PRICE_CENTS, 1, 0)
            wanted = [Wanted(offers.create_offer(connection, new, now)["offer_id"], 1)]
            cart = carts.quote(connection, wanted, carts.ANYWHERE, now)
            return orders.place(connection, [Purchase(shopper_id, cart, now)], now)[0]

    return Stage(database, settings, control, place_order, now)
