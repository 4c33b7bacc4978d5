"""Stand-ins as separate processes, as an installation runs them."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import stripe

KEY = "sk_test_market"
START_S = 20.0
EVERY_S = 0.02
TO_NOWHERE = "https://market.example/return"


@dataclass
class Standin:
    """A running stand-in and a client of the official SDK for it."""

    url: str
    process: "subprocess.Popen[bytes]"

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def http(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A request past the SDK, for what the SDK would never send."""
        headers = {"authorization": f"Bearer {KEY}"} | request.pop("headers", {})
        with httpx.Client(trust_env=False, timeout=60) as client:
            return client.request(method, self.url + path, headers=headers, **request)

    def authenticate(self, intent_id: str, outcome: str = "succeeded") -> httpx.Response:
        path = f"/_standin/payment_intents/{intent_id}/authenticate"
        return self.http("POST", path, data={"outcome": outcome})

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(store: Path, *arguments: str) -> Iterator[Standin]:
    """A stand-in over the store, healthy, ended with the block."""
    port = free_port()
    command = [sys.executable, "-m", "rynek.local.stripe", "--store", str(store)]
    with subprocess.Popen([*command, "--port", str(port), *arguments]) as process:
        standin = Standin(f"http://127.0.0.1:{port}", process)
        try:
            until(lambda: is_healthy(standin), START_S)
            yield standin
        finally:
            process.terminate()


def is_healthy(standin: Standin) -> bool:
    assert standin.process.poll() is None, "the stand-in ended while starting"
    try:
        return standin.http("GET", "/healthz").is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    """Poll until the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(EVERY_S)


def paid(client: stripe.StripeClient, cents: int = 10_000, **more: Any) -> stripe.PaymentIntent:
    """A PaymentIntent that a good card paid at once."""
    return client.v1.payment_intents.create(
        wanted(cents, **{"payment_method": "pm_card_visa", **more})
    )


def wanted(cents: int = 10_000, **more: Any) -> Any:
    """Parameters of a PaymentIntent that is confirmed when it is created."""
    return {"amount": cents, "currency": "usd", "confirm": True, "return_url": TO_NOWHERE, **more}


def vendor(client: stripe.StripeClient, **more: Any) -> str:
    """The id of an account that asked to receive transfers."""
    asked: Any = {"type": "express", "capabilities": {"transfers": {"requested": True}}, **more}
    return client.v1.accounts.create(asked).id


def about(client: stripe.StripeClient, *object_ids: str) -> list[str]:
    """Types of the latest events about the objects, oldest first."""
    events = client.v1.events.list({"limit": 100}).data
    return [str(one.type) for one in events if one.data.object.to_dict()["id"] in object_ids][::-1]


def available(client: stripe.StripeClient, currency: str, options: Any = None) -> int:
    """Cents that an account can use now."""
    funds = client.v1.balance.retrieve(options=options).available
    return next((one.amount for one in funds if one.currency == currency), 0)


def pending(client: stripe.StripeClient, currency: str, options: Any = None) -> int:
    """Cents that an account can use later."""
    funds = client.v1.balance.retrieve(options=options).pending
    return next((one.amount for one in funds if one.currency == currency), 0)
