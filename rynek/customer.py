"""The market as its people reach it: over HTTP, with a token, and with patience that has an end."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from rynek.local.apps import Market

ANSWER_SECONDS = 30.0
# Of who signs up to prove the market: words that are found nowhere by chance.
NAME, MAILBOX, STREET = "Canary Birdsong", "canary-9c2e", "Canary Lane 5"
CHECK_PAUSE_SECONDS = 0.005
MOST_PAGES = 50
Json = dict[str, Any]


class MarketRefusedError(Exception):
    """The market answered with a problem where an effect was expected."""


@dataclass(frozen=True)
class Customer:
    """Someone with a token, at the core and at serving."""

    core: httpx.Client
    serving: httpx.Client
    token: str

    def get(self, path: str, **parameters: Any) -> Json:
        """An answer of the core. Raises MarketRefusedError."""
        return _answer(self.core.get(path, params=parameters, headers=self._authorization))

    def look(self, path: str, **parameters: Any) -> Json:
        """An answer of serving. Raises MarketRefusedError."""
        return _answer(self.serving.get(path, params=parameters, headers=self._authorization))

    def post(self, path: str, body: Json) -> Json:
        """An effect in the core, under a key of its own. Raises MarketRefusedError."""
        headers = self._authorization | {"Idempotency-Key": str(uuid4())}
        return _answer(self.core.post(path, json=body, headers=headers))

    def place(self, lines: Sequence[tuple[str, int]]) -> Json:
        """A new order of `(offer_id, quantity)` lines, its units held."""
        wanted = [{"offer_id": offer_id, "quantity": quantity} for offer_id, quantity in lines]
        ship_to = {"country": "US", "street": STREET}
        return self.post("/v1/orders", {"lines": wanted, "ship_to": ship_to})

    def pay(self, order: Json, payment_method: str = "pm_card_visa") -> Json:
        """Pay for the order by card."""
        return self.post(f"/v1/orders/{order['order_id']}/pay", {"payment_method": payment_method})

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@contextmanager
def doors(market: Market) -> Iterator[Callable[[str], Customer]]:
    """A way in for every token, over shared connections."""
    with (
        httpx.Client(base_url=market.core_url, timeout=ANSWER_SECONDS) as core,
        httpx.Client(base_url=market.serving_url, timeout=ANSWER_SECONDS) as serving,
    ):
        yield lambda token: Customer(core, serving, token)


def sign_up(operator: Customer) -> tuple[Customer, Json]:
    """A new shopper, signed in."""
    email = f"{MAILBOX}-{uuid4().hex}@example.org"
    shopper = operator.post("/v1/shoppers", {"name": NAME, "email": email})
    return admit(operator, "shopper", shopper["shopper_id"]), shopper


def admit(operator: Customer, role: str, subject: str) -> Customer:
    """Someone whom the operator gives a token."""
    minted = operator.post("/v1/tokens", {"role": role, "subject": subject})
    return Customer(operator.core, operator.serving, minted["token"])


def offers_in_stock(customer: Customer, units: int, vendors: int) -> list[Json]:
    """One offer with that many units from each of the first so many vendors who have one.

    Raises MarketRefusedError where the market has too few.
    """
    found: dict[str, Json] = {}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = customer.get("/v1/offers", limit=100, **({"cursor": cursor} if cursor else {}))
        for offer in page["data"]:
            if offer["status"] == "active" and offer["available_units"] >= units:
                found.setdefault(offer["vendor_id"], offer)
        cursor = page["next_cursor"]
        if len(found) >= vendors or not cursor:
            break
    if len(found) < vendors:
        raise MarketRefusedError(f"only {len(found)} vendors have an offer with {units} units")
    return list(found.values())[:vendors]


def seconds_until(is_so: Callable[[], bool], within_seconds: float) -> float:
    """How long it took until it was so. Raises TimeoutError past the bound."""
    started = time.perf_counter()
    while not is_so():
        if time.perf_counter() - started > within_seconds:
            raise TimeoutError(f"not so within {within_seconds:g} s")
        time.sleep(CHECK_PAUSE_SECONDS)
    return time.perf_counter() - started


def _answer(response: httpx.Response) -> Json:
    if response.is_success:
        answer: Json = response.json()
        return answer
    asked = f"{response.request.method} {response.request.url.path}"
    raise MarketRefusedError(f"{asked}: {response.status_code} {response.text}")
