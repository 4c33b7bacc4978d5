"""The Stripe stand-in as a process: a loopback server with its own durable store."""

import os

from rynek.local.home import Home
from rynek.local.ports import LOOPBACK
from rynek.local.process import CODE, Process, answers, python

WEBHOOK_PATH = "/v1/webhooks/stripe"


def url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def is_healthy(port: int) -> bool:
    return answers(f"{url(port)}/healthz")()


def prepare(home: Home, port: int, core_port: int) -> Process:
    """The process that stands in for Stripe on the port and sends its webhooks to the core's."""
    webhook_url = url(core_port) + WEBHOOK_PATH
    store = home.root / "stripe"
    store.mkdir(mode=0o700, exist_ok=True)
    secret = home.secrets().stripe_webhook_secret
    return Process(
        name="stripe",
        command=(
            *python("rynek.local.stripe", "--store", str(store), "--port", str(port)),
            *("--webhook-url", webhook_url, "--webhook-secret", secret),
        ),
        environment=os.environ,
        folder=CODE,
        is_healthy=lambda: is_healthy(port),
        facts={"port": port, "webhook_url": webhook_url},
    )
