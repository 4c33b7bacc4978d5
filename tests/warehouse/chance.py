"""A market to which anything may happen."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.warehouse.market import NOON, Market, Shopper


class Chance:
    """What happens is drawn from one seed."""

    def __init__(self, market: Market, seed: int) -> None:
        self.market, self.draw = market, random.Random(seed)
        self.vendors = [market.vendor() for _ in range(3)]
        self.offers = [market.offer(vendor) for vendor in self.vendors for _ in range(3)]
        self.shoppers = [market.shopper() for _ in range(3)]
        self.categories = [market.category("Cups")]
        self.orders: list[int] = []
        for offer in self.offers:
            market.move_stock(offer, "opened", 100)
        self.order()

    def anything(self) -> None:
        happenings: list[Callable[[], None]] = [
            self.order,
            self.order,
            self.browse,
            self.browse,
            self.go_on,
            self.cancel,
            self.refund,
            self.restock,
            self.dispute,
            self.review,
            self.sign_in,
            self.move_product,
            self.reprice,
            self.open_vendor,
        ]
        self.draw.choice(happenings)()

    def order(self) -> None:
        items = [(self.draw.choice(self.offers), self.draw.randint(1, 3)) for _ in range(2)]
        status = self.draw.choice(["pending_payment", "paid", "paid", "shipped", "delivered"])
        self.orders.append(
            self.market.order(
                self._shopper(), list(dict(items).items()), self._time(), status=status
            )
        )

    def browse(self) -> None:
        pseudonym = self.draw.choice([self._shopper().pseudonym, 77, 78])
        offer = self.draw.choice([*self.offers, None])
        kind = self.draw.choice(["impression", "click", "view", "cart"]) if offer else "search"
        shown_in = self.draw.choice([None, "list-1", "list-2"])
        self.market.event(kind, pseudonym, offer, self._time(), shown_in)

    def go_on(self) -> None:
        self.market.ask(
            """update vendor_orders set status = case status when 'paid' then 'shipped'
                   else 'delivered' end, shipped_at = coalesce(shipped_at, placed_at),
                   ship_by_at = placed_at + interval '1 day',
                   deliver_by_date = placed_at + interval '2 days', version = version + 1
               where order_id = %s and status in ('paid', 'shipped')""",
            self._order(),
        )

    def cancel(self) -> None:
        order = self._order()
        for table in ("vendor_orders", "orders"):
            self.market.ask(
                f"""update {table} set status = 'cancelled', cancelled_at = now(),
                    version = version + 1 where order_id = %s and status = 'pending_payment'""",
                order,
            )

    def refund(self) -> None:
        order = self._order()
        [(seen,)] = self.market.ask("select count(*) from refunds where order_id = %s", order)
        if not seen:
            self.market.refund(order, self.draw.choice([self._time(), None]))

    def restock(self) -> None:
        """Units come in, or all that lie there go."""
        offer = self.draw.choice(self.offers)
        available = self.market.value(
            "select available_units from stock where offer_id = %s", offer
        )
        self.market.restock(offer, self.draw.choice([50, -available]), self._time())

    def dispute(self) -> None:
        self.market.dispute(self._order())

    def review(self) -> None:
        [(line,)] = self.market.ask("select max(line_id) from order_lines")
        self.market.review(line, self.draw.randint(1, 5))

    def sign_in(self) -> None:
        self.market.ask(
            """insert into visitors (visitor_id, visitor_pseudonym, merged_into_pseudonym,
                   merged_at) values (gen_random_uuid(), %s, %s, now())
               on conflict (visitor_pseudonym) do update
               set merged_into_pseudonym = excluded.merged_into_pseudonym""",
            self.draw.choice([77, 78]),
            self._shopper().pseudonym,
        )

    def move_product(self) -> None:
        if self.draw.random() < 0.3:
            self.categories.append(self.market.category("More", self.categories[0]))
        self.market.ask(
            """update products set category_id = %s
               where product_id = (select product_id from offers where offer_id = %s)""",
            self.draw.choice(self.categories),
            self.draw.choice(self.offers),
        )

    def reprice(self) -> None:
        self.market.ask(
            "update offers set price_cents = price_cents + 1 where offer_id = %s",
            self.draw.choice(self.offers),
        )

    def open_vendor(self) -> None:
        self.vendors.append(self.market.vendor())
        self.offers.append(self.market.offer(self.vendors[-1]))
        self.market.move_stock(self.offers[-1], "opened", 100)

    def _order(self) -> int:
        return self.draw.choice(self.orders)

    def _shopper(self) -> Shopper:
        return self.draw.choice(self.shoppers)

    def _time(self) -> datetime:
        return NOON + timedelta(minutes=self.draw.randrange(0, 4 * 24 * 60, 7))
