"""A small market in a real Postgres, built row by row with figures one can do in one's head."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Shopper:
    shopper_id: int
    pseudonym: int


@dataclass
class Market:
    """Commission is 3 %, processing 2.9 %, shipping 490 cents per vendor order."""

    connection: psycopg.Connection[Any]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def opened(self, currency: str = "USD", time_zone: str = "America/New_York") -> "Market":
        self.ask(
            "insert into installation (currency, time_zone) values (%s, %s)", currency, time_zone
        )
        return self

    def vendor(self, name: str = "") -> int:
        number = next(self.numbers)
        owner_id = self.value(
            "insert into owners (legal_name) values (%s) returning owner_id", f"Owner {number}"
        )
        return self.value(
            """insert into vendors (owner_id, name, status, country)
               values (%s, %s, 'active', 'US') returning vendor_id""",
            owner_id,
            name or f"Vendor {number}",
        )

    def shopper(self, email: str | None = None) -> Shopper:
        [row] = self.ask(
            "insert into shoppers (email) values (%s) returning shopper_id, shopper_pseudonym",
            email or f"shopper{next(self.numbers)}@example.org",
        )
        return Shopper(*row)

    def offer(self, vendor_id: int, price_cents: int = 1000, units: int = 100) -> int:
        number = next(self.numbers)
        product_id = self.value(
            "insert into products (title) values (%s) returning product_id", f"Product {number}"
        )
        offer_id = self.value(
            """insert into offers (product_id, vendor_id, sku, price_cents)
               values (%s, %s, %s, %s) returning offer_id""",
            product_id,
            vendor_id,
            f"sku-{number}",
            price_cents,
        )
        self.ask(
            """insert into stock (offer_id, received_units, available_units)
               values (%s, %s, %s)""",
            offer_id,
            units,
            units,
        )
        return offer_id

    def order(
        self,
        shopper: Shopper,
        items: Sequence[tuple[int, int]],
        placed_at: datetime = NOON,
        *,
        status: str = "paid",
    ) -> int:
        """Place an order of (offer, quantity) pairs, one vendor order per vendor."""
        lines = [(*self._offer(offer_id), quantity) for offer_id, quantity in items]
        vendors = sorted({vendor_id for vendor_id, *_ in lines})
        items_cents = sum(price * quantity for *_, price, quantity in lines)
        shipping_cents = 490 * len(vendors)
        paid_at = placed_at if status != "pending_payment" else None
        order_status = "paid" if status in ("shipped", "delivered") else status
        order_id = self.value(
            """insert into orders (shopper_id, shopper_pseudonym, status, items_cents,
                   shipping_cents, total_cents, placed_at, paid_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s) returning order_id""",
            shopper.shopper_id,
            shopper.pseudonym,
            order_status,
            items_cents,
            shipping_cents,
            items_cents + shipping_cents,
            placed_at,
            paid_at,
        )
        for vendor_id in vendors:
            own = [line for line in lines if line[0] == vendor_id]
            self._vendor_order(order_id, shopper, vendor_id, own, placed_at, paid_at, status)
        return order_id

    def _vendor_order(
        self,
        order_id: int,
        shopper: Shopper,
        vendor_id: int,
        lines: list[Any],
        placed_at: datetime,
        paid_at: datetime | None,
        status: str,
    ) -> None:
        costed = []
        for position, (_, product_id, offer_id, price, quantity) in enumerate(lines):
            line_cents, shipping_cents = price * quantity, 490 if position == 0 else 0
            commission_cents = (line_cents * 300 * 2 + 10000) // 20000
            processing_cents = ((line_cents + shipping_cents) * 290 * 2 + 10000) // 20000
            fees = (line_cents, shipping_cents, commission_cents, processing_cents)
            costed.append((offer_id, product_id, quantity, *fees))
        items, shipping, commission, processing = (
            sum(line[column] for line in costed) for column in (3, 4, 5, 6)
        )
        vendor_order_id = self.value(
            """insert into vendor_orders (order_id, vendor_id, shopper_pseudonym, status,
                   items_cents, shipping_cents, commission_cents, processing_cents, net_cents,
                   units, placed_at, paid_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               returning vendor_order_id""",
            order_id,
            vendor_id,
            shopper.pseudonym,
            status,
            items,
            shipping,
            commission,
            processing,
            items + shipping - commission - processing,
            sum(line[2] for line in costed),
            placed_at,
            paid_at,
        )
        for line in costed:
            self.ask(
                """insert into order_lines (order_id, vendor_order_id, vendor_id, offer_id,
                       product_id, quantity, line_cents, shipping_cents, commission_rate,
                       processing_rate, commission_cents, processing_cents, placed_at)
                   values (%s, %s, %s, %s, %s, %s, %s, %s, 300, 290, %s, %s, %s)""",
                order_id,
                vendor_order_id,
                vendor_id,
                *line,
                placed_at,
            )

    def event(
        self,
        kind: str,
        pseudonym: int,
        offer_id: int | None = None,
        occurred_at: datetime = NOON,
        list_id: str | None = None,
    ) -> None:
        self.ask(
            """insert into behaviour_events (event_id, occurred_at, type, shopper_pseudonym,
                   offer_id, list_id) values (gen_random_uuid(), %s, %s, %s, %s, %s)""",
            occurred_at,
            kind,
            pseudonym,
            offer_id,
            list_id,
        )

    def visitor(self, merged_into: Shopper) -> int:
        """Return the pseudonym of a browser that turned out to be this shopper."""
        return self.value(
            """insert into visitors (visitor_id, merged_into_pseudonym, merged_at)
               values (gen_random_uuid(), %s, now()) returning visitor_pseudonym""",
            merged_into.pseudonym,
        )

    def restock(self, offer_id: int, units: int, occurred_at: datetime = NOON) -> None:
        """Units that came in, as stock and its journal have it."""
        self.ask(
            """update stock set received_units = received_units + %s,
                   available_units = available_units + %s, version = version + 1
               where offer_id = %s""",
            units,
            units,
            offer_id,
        )
        self.move_stock(offer_id, "corrected", units, occurred_at=occurred_at)

    def move_stock(
        self,
        offer_id: int,
        kind: str,
        available: int,
        held: int = 0,
        sold: int = 0,
        occurred_at: datetime = NOON,
    ) -> None:
        """A row of the journal of stock alone."""
        self.ask(
            """insert into stock_moves (offer_id, kind, available_units, held_units, sold_units,
                   occurred_at) values (%s, %s, %s, %s, %s, %s)""",
            offer_id,
            kind,
            available,
            held,
            sold,
            occurred_at,
        )

    def pay(self, order_id: int, status: str = "succeeded", created_at: datetime = NOON) -> int:
        return self.value(
            """insert into payments (order_id, hold_generation, status, amount_cents, created_at)
               select order_id, 1 + (select count(*) from payments as earlier
                                     where earlier.order_id = orders.order_id),
                      %s, total_cents, %s
               from orders where order_id = %s returning payment_id""",
            status,
            created_at,
            order_id,
        )

    def refund(
        self, order_id: int, booked_at: datetime | None = NOON, *, reason: str = "shopper_request"
    ) -> int:
        """Give a whole order back, its processing fees excepted."""
        payment_id = self.pay(order_id)
        refund_id = self.value(
            """insert into refunds (order_id, payment_id, origin, status, reason, amount_cents,
                   created_at, booked_at)
               select order_id, %s, 'refund', 'due', %s, total_cents, coalesce(%s, placed_at), %s
               from orders where order_id = %s returning refund_id""",
            payment_id,
            reason,
            booked_at,
            booked_at,
            order_id,
        )
        self.ask(
            """insert into refund_lines (refund_id, line_id, vendor_order_id, vendor_id, quantity,
                   items_cents, shipping_cents, tax_cents, withheld_tax_cents, commission_cents,
                   commission_tax_cents, processing_cents, vendor_cents)
               select %s, line_id, vendor_order_id, vendor_id, quantity, line_cents, shipping_cents,
                      0, 0, commission_cents, 0, 0, line_cents + shipping_cents - commission_cents
               from order_lines where order_id = %s""",
            refund_id,
            order_id,
        )
        return refund_id

    def dispute(self, order_id: int, opened_at: datetime = NOON) -> None:
        self.ask(
            """insert into disputes (order_id, payment_id, stripe_dispute_id, status, amount_cents,
                   opened_at) values (%s, %s, %s, 'open', 1, %s)""",
            order_id,
            self.pay(order_id),
            f"dp_{next(self.numbers)}",
            opened_at,
        )

    def review(self, line_id: int, stars: int, created_at: datetime = NOON) -> None:
        self.ask(
            """insert into reviews (line_id, product_id, vendor_id, shopper_pseudonym, stars,
                   created_at)
               select line_id, product_id, vendor_id, 1, %s, %s from order_lines where line_id = %s
               on conflict (line_id) do update set stars = excluded.stars""",
            stars,
            created_at,
            line_id,
        )

    def category(self, name: str, parent_id: int | None = None) -> int:
        return self.value(
            "insert into categories (name, parent_id) values (%s, %s) returning category_id",
            name,
            parent_id,
        )

    def rename(self, vendor_id: int, name: str) -> None:
        self.ask("update vendors set name = %s where vendor_id = %s", name, vendor_id)

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql, values)  # type: ignore[arg-type]  # fixed texts
        return cursor.fetchall() if cursor.description else []

    def value(self, sql: str, *values: Any) -> int:
        [(value,)] = self.ask(sql, *values)
        return int(value)

    def _offer(self, offer_id: int) -> tuple[Any, ...]:
        [row] = self.ask(
            "select vendor_id, product_id, offer_id, price_cents from offers where offer_id = %s",
            offer_id,
        )
        return row
