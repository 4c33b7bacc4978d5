"""The real core for serving's tests: its app on a port, its relay, and verbs to make facts with."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import redis
import uvicorn
from fastapi import FastAPI
from psycopg.rows import dict_row

from tests.serving.market import Market
from tests.serving.patience import until
from transactional import installation
from transactional.access import tokens
from transactional.access.tokens import Role
from transactional.catalogue import offers, products
from transactional.catalogue.offers import NewOffer, OfferChange
from transactional.catalogue.products import NewProduct
from transactional.checkout import carts
from transactional.checkout.carts import Wanted
from transactional.database import Database, Row, Transaction
from transactional.facts.relay import RedisSink, Relay
from transactional.installation import Installation
from transactional.ordering import holds, orders
from transactional.ordering.orders import Purchase
from transactional.people import shoppers, vendors
from transactional.people.shoppers import NewShopper
from transactional.people.vendors import NewVendor, VendorChange

TIME_ZONE = "Europe/Warsaw"
PUBLISHED = """
select vendor_order_id, order_id, version, vendor_id, shopper_pseudonym, status, placed_at,
    items_cents, shipping_cents, commission_cents, processing_cents, net_cents, units
from vendor_orders order by vendor_order_id
"""
LINES = """
select vendor_order_id, line_id, offer_id, order_lines.product_id, title, sku, quantity, line_cents
from order_lines join products using (product_id) join offers using (offer_id) order by line_id
"""
OFFERS = """
select offer_id, product_id, vendor_id, sku, title, price_cents, offers.status as offer_status,
    available_units, low_stock_threshold, stock.version as stock_version,
    offers.version as offer_version
from offers join products using (product_id) join stock using (offer_id)
"""


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The app on a free port of this machine, served from a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Core:
    """A market of the core, and its address."""

    database: Database
    redis_url: str
    url: str
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def found(self) -> None:
        with self.database.transaction() as connection:
            installation.ensure(connection, Installation("EUR", TIME_ZONE))

    def token(self, role: Role, subject_id: int | None = None) -> str:
        with self.database.transaction() as connection:
            return tokens.mint(connection, role, subject_id, timedelta(hours=1))

    def revoke(self, token: str) -> None:
        with self.database.transaction() as connection:
            tokens.revoke(connection, token)

    def know(self, role: Role = "operator", subject_id: int = 0) -> None:
        """Sees to it that this vendor exists: hand-built snapshots number theirs from 1."""
        found = self.rows("select max(vendor_id) as newest from vendors")[0]["newest"] or 0
        while role == "vendor" and found < subject_id:
            found = self.vendor()

    def vendor(self) -> int:
        new = NewVendor(f"Vendor {next(self.numbers)}", "Ltd", "PL")
        with self.database.transaction() as connection:
            vendor_id = vendors.create(connection, new, now())
            connection.execute(
                "update vendors set status = 'active', stripe_account_id = %s where vendor_id = %s",
                (f"acct_{vendor_id}", vendor_id),
            )
        return vendor_id

    def offer(self, vendor_id: int, price_cents: int = 1_000, units: int = 1_000) -> int:
        with self.database.transaction() as connection:
            product = products.create(connection, NewProduct("Green tea"))
            sku = f"SKU-{next(self.numbers)}"
            new = NewOffer(product["product_id"], vendor_id, sku, price_cents, units, 5)
            return int(offers.create_offer(connection, new, now())["offer_id"])

    def change_offer(self, offer_id: int, **change: Any) -> None:
        with self.database.transaction() as connection:
            offers.change_offer(connection, offer_id, OfferChange(**change), now())

    def shopper(self) -> Row:
        with self.database.transaction() as connection:
            return shoppers.create(connection, NewShopper(None, "Ada"))

    def owner(self, vendor_id: int) -> int:
        """A shopper with the e-mail address of this vendor, which is made if need be."""
        self.know("vendor", vendor_id)
        email = f"owner-{next(self.numbers)}@shop.example"
        with self.database.transaction() as connection:
            vendors.change(connection, vendor_id, VendorChange(email=email), now())
            return int(shoppers.create(connection, NewShopper(email, "Ada"))["shopper_id"])

    def pseudonym(self, shopper_id: int) -> int:
        with self.database.transaction() as connection:
            return int(shoppers.read(connection, shopper_id)["shopper_pseudonym"])

    def place(self, connection: Transaction, shopper_id: int, *lines: tuple[int, int]) -> int:
        cart = carts.quote(connection, [Wanted(*line) for line in lines], carts.ANYWHERE, now())
        return orders.place(connection, [Purchase(shopper_id, cart, now())], now())[0]

    def pay(self, connection: Transaction, order_id: int) -> None:
        orders.lock(connection, order_id)
        holds.consume(connection, order_id, now())
        orders.mark_paid(connection, order_id, now())

    def paid_order(self, shopper_id: int, *lines: tuple[int, int]) -> int:
        with self.database.transaction() as connection:
            order_id = self.place(connection, shopper_id, *lines)
        with self.database.transaction() as connection:
            self.pay(connection, order_id)
        return order_id

    def rows(self, query: str) -> list[Row]:
        with self.database.transaction() as connection:
            return connection.execute(query).fetchall()

    @contextmanager
    def relaying(self) -> Iterator[None]:
        """The relay at work, as `python -m transactional.workers` runs it."""
        stop = threading.Event()
        thread = threading.Thread(target=self._relay, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)

    def relay_once(self) -> int:
        with redis.Redis.from_url(self.redis_url) as client, self._opened(client) as relay:
            return relay.run_once(now)

    def publish(self, folder: Path) -> str:
        """Publishes what one load of the tables would: S, P and rows of one transaction."""
        with (
            psycopg.connect(self.database.url, row_factory=dict_row) as connection,
            connection.transaction(),
        ):
            connection.execute("set transaction isolation level repeatable read, read only")
            return self._published(connection, folder)

    def _published(self, connection: Transaction, folder: Path) -> str:
        moment = connection.execute(
            "select pg_current_snapshot()::text as snapshot, last_position as position,"
            " market_identity() as identity, clock_timestamp() as data_through from relay"
        ).fetchone()
        assert moment is not None, "the schema inserts the relay's only row"
        market = Market(folder, TIME_ZONE)
        for vendor in connection.execute("select vendor_id, name, status from vendors").fetchall():
            market.vendor(**vendor)
        for offer in connection.execute(OFFERS).fetchall():
            market.offer(**offer)
        for order in connection.execute(PUBLISHED).fetchall():
            market.vendor_orders[order["vendor_order_id"]] = order | {"lines": []}
        for line in connection.execute(LINES).fetchall():
            market.vendor_orders[line.pop("vendor_order_id")]["lines"].append(line)
        return market.publish(**moment).snapshot_id

    def _relay(self, stop: threading.Event) -> None:
        with redis.Redis.from_url(self.redis_url) as client, self._opened(client) as relay:
            while not stop.is_set():
                relay.run_once(now)
                relay.wait(0.1)

    def _opened(self, client: "redis.Redis") -> Relay:
        return Relay(self.database.url, RedisSink(client))
