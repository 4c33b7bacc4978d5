"""`python -m rynek.local.stripe`: start the stand-in on a loopback address."""

import argparse
import ipaddress
import os
import sys
from pathlib import Path
from typing import Final

import uvicorn

from rynek.local.stripe.app import Settings, build
from rynek.local.stripe.hangup import Line
from rynek.local.stripe.store import StoreTakenError

RECORD_VARIABLE: Final = "RYNEK_STRIPE_RECORD"
DELAY_VARIABLE: Final = "RYNEK_STRIPE_DELAY_SECONDS"
GRACE_S: Final = 3


def main() -> int:
    """Serve until a signal ends it. Returns 2, with a message, when it cannot start."""
    arguments = parse()
    try:
        app = build(settings_from(arguments))
    except StoreTakenError as error:
        print(f"stripe stand-in: {error}", file=sys.stderr)  # noqa: T201 -- a start error's place
        return 2
    uvicorn.run(
        app,
        host=arguments.host,
        port=arguments.port,
        http=Line,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rynek.local.stripe", description=__doc__)
    parser.add_argument("--store", type=Path, required=True, help="folder of the durable store")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", type=loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--webhook-url", help="where every event is sent")
    parser.add_argument("--webhook-secret", help="whsec_..., signs what is sent")
    parser.add_argument(
        "--delay-ms",
        type=float,
        default=1000 * seconds(os.environ.get(DELAY_VARIABLE, "0")),
        help=f"wait before each answer (default: ${DELAY_VARIABLE}, in seconds)",
    )
    record = os.environ.get(RECORD_VARIABLE)
    parser.add_argument(
        "--record",
        type=Path,
        default=Path(record) if record else None,
        help=f"append every exchange to this file (default: ${RECORD_VARIABLE})",
    )
    arguments = parser.parse_args()
    if bool(arguments.webhook_url) != bool(arguments.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    return arguments


def seconds(value: str) -> float:
    """What the environment says. Raises SystemExit naming the variable, the value and the wish."""
    try:
        return float(value)
    except ValueError:
        sys.exit(f"{DELAY_VARIABLE} is {value!r}, and must be seconds: a number such as 0.3")


def loopback(host: str) -> str:
    """`host`, refused unless it is a numeric loopback address."""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise argparse.ArgumentTypeError(f"{host} is not a loopback address; use 127.0.0.1")
    return host


def settings_from(arguments: argparse.Namespace) -> Settings:
    return Settings(
        store=arguments.store,
        webhook_url=arguments.webhook_url,
        webhook_secret=arguments.webhook_secret,
        delay_s=arguments.delay_ms / 1000,
        record=arguments.record,
    )


if __name__ == "__main__":
    sys.exit(main())
