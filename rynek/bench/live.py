"""Order placed → visible in the vendor's live figures, idle and while an import runs."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.console import Console
from rich.progress import track

from rynek import customer, demo, proof
from rynek.bench.report import Report, Row, percentile
from rynek.customer import Customer, admit, offers_in_stock, seconds_until, sign_up
from rynek.local.apps import Market
from rynek.local.process import CODE, python
from rynek.local.sign_in import mint

ORDERS = 200
VENDORS = 20
GOAL_SECONDS = 2.0
VISIBLE_SECONDS = 30.0
COPYING_SECONDS = 120.0
SETTLE_SECONDS = 60.0


class ImportEndedError(Exception):
    """The import that was to run beside the orders ended before the first of them."""


@dataclass(frozen=True)
class Trial:
    """Seconds from sending the order, and from its payment's answer, until the vendor saw it."""

    placed_seconds: float
    paid_seconds: float


def measure(scale: str, data: Path | None, console: Console) -> Report:
    """Open a market of that scale in a folder of its own and place orders in it.

    `data` holds the public data sets; without it only the idle half is measured.
    """
    with tempfile.TemporaryDirectory(prefix="rynek-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with (
            demo.opened(home, scale, console, with_dagster=False) as (market, _),
            customer.doors(market) as door,
        ):
            operator = door(mint(market.servers.database_url, "operator"))
            rows = summary("idle", trials(operator, "idle", console))
            if data is not None:
                with importing(market, data) as is_running:
                    busy = trials(operator, "import", console)
                    beside = "throughout" if is_running() else "for a part"
                rows += summary(f"while Complete Journey is imported ({beside})", busy)
    return Report("live", f"{scale} market, {ORDERS} orders each", tuple(rows))


def summary(when: str, found: list[Trial]) -> list[Row]:
    """Median and 99th percentile, held against the promise of two seconds."""
    rows = []
    for percent in (50, 99):
        placed = percentile([trial.placed_seconds for trial in found], percent)
        rows.append(goal_row(f"placed → visible, {when}, p{percent}", placed))
    for percent in (50, 99):
        paid = percentile([trial.paid_seconds for trial in found], percent)
        rows.append(goal_row(f"paid → visible, {when}, p{percent}", paid))
    return rows


def goal_row(name: str, seconds: float) -> Row:
    return Row(name, seconds, "s", goal=f"< {GOAL_SECONDS:g} s", met=seconds < GOAL_SECONDS)


def trials(operator: Customer, label: str, console: Console) -> list[Trial]:
    """Orders one after the other, each for one unit of one of several vendors' offers."""
    shopper, _ = sign_up(operator)
    offers = offers_in_stock(shopper, units=ORDERS // VENDORS + 1, vendors=VENDORS)
    sellers = {
        offer["vendor_id"]: admit(operator, "vendor", offer["vendor_id"]) for offer in offers
    }
    numbers = track(range(ORDERS), f"orders, {label}", console=console, transient=True)
    turns = (offers[number % VENDORS] for number in numbers)
    return [trial(shopper, sellers[offer["vendor_id"]], offer) for offer in turns]


def trial(shopper: Customer, vendor: Customer, offer: customer.Json) -> Trial:
    """One order, paid for, until its vendor's figures count one more."""
    before = proof.figures_of(vendor, offer["vendor_id"])["orders"]
    sent = time.perf_counter()
    shopper.pay(shopper.place([(offer["offer_id"], 1)]))
    paid = time.perf_counter()

    def is_visible() -> bool:
        return bool(proof.figures_of(vendor, offer["vendor_id"])["orders"] == before + 1)

    seconds_until(is_visible, VISIBLE_SECONDS)
    seen = time.perf_counter()
    return Trial(seen - sent, seen - paid)


@contextmanager
def importing(market: Market, data: Path) -> Iterator[Callable[[], bool]]:
    """Complete Journey coming into the same installation, from another process, already copying.

    Yields whether it still runs.
    """
    process = subprocess.Popen(
        python("rynek", "import", "complete-journey", str(data / "complete_journey")),
        env={**os.environ, **market.environment()},
        cwd=CODE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with psycopg.connect(market.servers.database_url, autocommit=True) as connection:
            seconds_until(lambda: is_copying(connection, process), COPYING_SECONDS)
        yield lambda: process.poll() is None
    finally:
        process.terminate()
        process.wait(SETTLE_SECONDS)


def is_copying(connection: psycopg.Connection, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the import's rows are coming in. Raises ImportEndedError where it ended instead."""
    if process.poll() is not None:
        raise ImportEndedError(f"the import ended with exit code {process.returncode}")
    row = connection.execute("select exists (select from pg_stat_progress_copy)").fetchone()
    return bool(row and row[0])
