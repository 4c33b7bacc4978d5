"""The path through the whole market, walked over HTTP as its people walk it, each step seen."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from rich.console import Console

from rynek.browsing import Sight, browse
from rynek.customer import Customer, Json, admit, offers_in_stock, seconds_until, sign_up

LIVE_SECONDS = 2.0
UNITS = 2


class ProofFailedError(Exception):
    """A step of the proof came out otherwise than the market promises."""


@dataclass(frozen=True)
class Purchase:
    """An order across two vendors, what it was to change, and who may see it."""

    order: Json
    vendors: tuple[Customer, ...]
    before: tuple[Json, ...]

    @property
    def parts(self) -> list[Json]:
        parts: list[Json] = self.order["vendor_orders"]
        return parts


def prove(operator: Customer, run_pipeline: Callable[[], str], console: Console) -> None:
    """Walk the path. Raises ProofFailedError, MarketRefusedError, TimeoutError.

    `run_pipeline` publishes a snapshot and returns its id.
    """
    with step(console, "a new shopper signs up"):
        shopper, _ = sign_up(operator)
    with step(console, "orders from two vendors and pays by card"):
        purchase = buy_across_two_vendors(operator, shopper)
    with step(console, f"both vendors see it live within {LIVE_SECONDS:g} s") as say:
        say(f"{see_live(purchase):.2f} s")
    with step(console, "the pipeline runs again"):
        snapshot_id = run_pipeline()
    with step(console, "the new snapshot holds the order exactly once"):
        see_published_once(purchase, snapshot_id)
    with step(console, "recommendations for the shopper and for a stranger") as say:
        say(recommend(operator, shopper, purchase))
    with step(console, "the vendor's page in a browser") as say:
        say(see_page(purchase))


@contextmanager
def step(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """One line per step: what, how it came out, how long it took."""
    said: list[str] = []
    started = time.perf_counter()
    try:
        yield said.append
    except Exception:
        console.print(f"  [red]✗[/red] {what}")
        raise
    seconds = f"[dim]{time.perf_counter() - started:.1f} s[/dim]"
    console.print(f"  [green]✓[/green] {what}", *said, seconds, highlight=False)


def buy_across_two_vendors(operator: Customer, shopper: Customer) -> Purchase:
    """Place and pay for units of two vendors' offers."""
    offers = offers_in_stock(shopper, UNITS, vendors=2)
    vendors = tuple(admit(operator, "vendor", offer["vendor_id"]) for offer in offers)
    before = tuple(
        figures_of(vendor, offer["vendor_id"])
        for vendor, offer in zip(vendors, offers, strict=True)
    )
    order = shopper.place([(offer["offer_id"], UNITS) for offer in offers])
    payment = shopper.pay(order)
    demand(payment["status"] == "succeeded", f"the payment {payment['status']}")
    demand(len(order["vendor_orders"]) == 2, "the order was not split onto two vendors")
    parts = {part["vendor_id"]: part for part in order["vendor_orders"]}
    ordered = [parts[offer["vendor_id"]] for offer in offers]
    return Purchase(order | {"vendor_orders": ordered}, vendors, before)


def see_live(purchase: Purchase) -> float:
    """Seconds until both vendors' figures have grown by exactly their part of the order."""
    return seconds_until(partial(is_counted_once, purchase), LIVE_SECONDS)


def see_published_once(purchase: Purchase, snapshot_id: str) -> None:
    """The same figures, now from the snapshot: neither lost nor counted a second time."""
    vendor, part = purchase.vendors[0], purchase.parts[0]

    def is_served() -> bool:
        figures = figures_of(vendor, part["vendor_id"])
        return bool(figures["snapshot_id"] == snapshot_id)

    seconds_until(is_served, within_seconds=10.0)
    demand(is_counted_once(purchase), "the figures changed with the snapshot that holds the order")


def is_counted_once(purchase: Purchase) -> bool:
    """Whether each vendor's orders and revenue grew by one order and its cents."""
    return all(
        (now["orders"], now["revenue"])
        == (before["orders"] + 1, before["revenue"] + part["items_cents"])
        for now, before, part in zip(
            (
                figures_of(vendor, part["vendor_id"])
                for vendor, part in zip(purchase.vendors, purchase.parts, strict=True)
            ),
            purchase.before,
            purchase.parts,
            strict=True,
        )
    )


def figures_of(vendor: Customer, vendor_id: str) -> Json:
    """A vendor's orders and revenue up to today, and the snapshot they rest on."""
    answer = vendor.look(f"/v1/vendors/{vendor_id}/metrics", metrics="orders,revenue")
    figures = {metric["id"]: metric["value"] or 0 for metric in answer["metrics"]}
    return figures | {"snapshot_id": answer["freshness"]["snapshot_id"]}


def recommend(operator: Customer, shopper: Customer, purchase: Purchase) -> str:
    """A full list for both; what was just bought is on neither the shopper's list nor sold out."""
    bought = {line["product_id"] for part in purchase.parts for line in part["lines"]}
    known = shopper.look("/v1/recommendations", k=10)
    stranger = operator.look("/v1/recommendations", k=10)
    for answer in (known, stranger):
        demand(len(answer["items"]) == 10, f"{len(answer['items'])} recommendations instead of 10")
        demand(all(item["reason"]["text"] for item in answer["items"]), "an item has no reason")
    shown = {item["product_id"] for item in known["items"]}
    demand(not shown & bought, "a product just bought is recommended again")
    return f"{known['model']}: {known['items'][0]['reason']['text']}"


def see_page(purchase: Purchase) -> str:
    """The page shows the vendor's figures, if there is a browser to look with."""
    vendor, part = purchase.vendors[0], purchase.parts[0]
    sight = browse(str(vendor.serving.base_url), vendor.token, part["vendor_id"])
    if isinstance(sight, Sight):
        demand(not sight.problems, f"the page reports {sight.problems}")
        return sight.summary
    return sight


def demand(is_so: bool, otherwise: str) -> None:
    """Raise ProofFailedError saying what was found instead."""
    if not is_so:
        raise ProofFailedError(otherwise)
