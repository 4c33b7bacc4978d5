"""Order placed → confirmed, with a Stripe that takes 300 ms for every answer."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
from rich.console import Console

from rynek.bench.report import Report, Row, percentile
from rynek.bench.stalls import Stalls, Venue, opened_market
from rynek.local.ports import LOOPBACK
from rynek.local.stripe.control import Control

STRIPE_SECONDS = 0.3
GOAL_SECONDS, PROMISED_SECONDS = 2.0, 5.0
SHOPPERS, ORDERS = 8, 200
QUICK_ORDERS = 16
CARD = "pm_card_visa"


def measure(console: Console, *, is_quick: bool) -> Report:
    """Eight shoppers place and pay, one order after the other."""
    orders = QUICK_ORDERS if is_quick else ORDERS
    with opened_market(Stalls()) as venue:
        slow_down(venue)
        with console.status(f"{orders} orders by {SHOPPERS} shoppers"):
            seconds = confirmed(venue, orders)
    rows = (
        Row("order placed → confirmed, median", percentile(seconds, 50), "s"),
        Row(
            "order placed → confirmed, p99",
            percentile(seconds, 99),
            "s",
            goal=f"< {GOAL_SECONDS:g} s, promised < {PROMISED_SECONDS:g} s",
            met=percentile(seconds, 99) < GOAL_SECONDS,
        ),
    )
    return Report("confirming", f"{orders} orders, Stripe's answers take 300 ms", rows)


def slow_down(venue: Venue) -> None:
    with Control(venue.servers.stripe_api_base, venue.servers.stripe_api_key) as control:
        for method in ("GET", "POST"):
            control.fault("delay", method=method, times=1_000_000, seconds=STRIPE_SECONDS)


def confirmed(venue: Venue, orders: int) -> list[float]:
    """Seconds of each order from sending it to its payment's answer."""
    with ThreadPoolExecutor(SHOPPERS) as threads:
        shares = threads.map(
            lambda number: list(shop(venue, number, orders // SHOPPERS)), range(1, SHOPPERS + 1)
        )
        return [seconds for share in shares for seconds in share]


def shop(venue: Venue, number: int, orders: int) -> Iterator[float]:
    headers = {"Authorization": f"Bearer rk_shopper_bench_{number}"}
    base_url = f"http://{LOOPBACK}:{venue.core_port}"
    with httpx.Client(base_url=base_url, headers=headers, timeout=30, trust_env=False) as shopper:
        for turn in range(orders):
            lines = [{"offer_id": f"off_{number * 100 + turn + 1}", "quantity": 1}]
            sent = time.perf_counter()
            order = post(shopper, "/v1/orders", {"lines": lines}, f"order-{turn}")
            path = f"/v1/orders/{order['order_id']}/pay"
            paid = post(shopper, path, {"payment_method": CARD}, f"pay-{turn}")
            if paid["order"]["status"] != "paid":
                raise RuntimeError(f"the payment was not confirmed: {paid}")
            yield time.perf_counter() - sent


def post(shopper: httpx.Client, path: str, body: object, key: str) -> dict[str, dict[str, str]]:
    answer = shopper.post(path, json=body, headers={"Idempotency-Key": key})
    answer.raise_for_status()
    found: dict[str, dict[str, str]] = answer.json()
    return found
