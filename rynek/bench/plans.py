"""How Postgres would answer every hot query of the core at 2.5 million offers: by index only."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from rynek.bench.recording import Rehearsal, rehearsal
from rynek.bench.report import Report, Row
from rynek.bench.stalls import Stalls, opened_market
from rynek.bench.verbs import HOT
from transactional.database import Transaction

FULL = Stalls(offers=2_500_000, vendors=5_000, shoppers=100_000)
QUICK = Stalls(offers=2_000, vendors=20, shoppers=100)
# Larger than a page of anything: to read one whole for an answer would be felt.
LARGE = (
    "offers", "products", "stock", "stock_moves", "vendors", "shoppers", "tokens", "orders",
    "vendor_orders", "order_lines", "holds", "payments", "payment_attempts", "transfers",
    "transfer_reversals", "refunds", "refund_lines", "journals", "postings", "outbox",
    "webhook_events", "notifications", "timers", "idempotency_keys", "audit", "offer_prices",
)  # fmt: skip
PAST = Path(__file__).with_name("past.sql")
ORDERS, QUICK_ORDERS = 1_000_000, 2_000
VALUE = re.compile(r"'[^']*'|\d+")

Node = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What one statement would do: the indexes it uses, the large tables it reads whole."""

    verb: str
    statement: str
    indexes: tuple[str, ...]
    read_whole: tuple[str, ...]


def measure(console: Console, *, is_quick: bool) -> Report:
    """The plans of every statement that the hot verbs send."""
    stalls = QUICK if is_quick else FULL
    count = QUICK_ORDERS if is_quick else ORDERS
    scale = f"{stalls.offers:,} offers, {count:,} orders"
    with console.status(f"a market of {scale}"), opened_market(stalls) as venue:
        fill_past(venue.servers.database_url, stalls, count)
        found = plans(venue.servers.database_url)
    return Report("plans", scale, tuple(map(_row, found)))


def fill_past(database_url: str, stalls: Stalls, count: int) -> None:
    """Write so many orders, paid and delivered but for the last in every hundred, in sets."""
    sizes = {
        "orders": count,
        "offers": stalls.offers,
        "vendors": stalls.vendors,
        "shoppers": stalls.shoppers,
    }
    with psycopg.connect(database_url, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(PAST.read_text(), sizes)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def plans(database_url: str, *, may_scan: bool = True) -> list[Plan]:
    """Each statement's plan. Without `may_scan` Postgres reads a table whole only where no index
    could serve, which tells a small market's plans from those of a large one.
    """
    with rehearsal(database_url) as stage:
        if not may_scan:
            stage.connection.execute("set local enable_seqscan = off")
        return [
            explained(stage.connection, name, statement)
            for name, verb in HOT.items()
            for statement in _sent(stage, verb)
        ]


def explained(connection: Transaction, verb: str, statement: str) -> Plan:
    row = connection.execute(f"explain (format json) {statement}").fetchone()
    assert row is not None, "a plan is one row"
    nodes = list(_nodes(row["QUERY PLAN"][0]["Plan"]))
    scans = (node for node in nodes if node["Node Type"] == "Seq Scan")
    return Plan(
        verb,
        statement,
        tuple(sorted({node["Index Name"] for node in nodes if "Index Name" in node})),
        tuple(sorted({node["Relation Name"] for node in scans} & set(LARGE))),
    )


def _sent(stage: Rehearsal, verb: Callable[[Rehearsal], object]) -> Iterator[str]:
    """What the verb sends, once where it is sent for one row after another."""
    with stage.recorded() as sent:
        verb(stage)
    shapes = {VALUE.sub("?", statement): statement for statement in reversed(sent)}
    for shape, statement in reversed(shapes.items()):
        if not shape.startswith("set ") and "pg_notify" not in shape:
            yield statement


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _row(plan: Plan) -> Row:
    opening = " ".join(plan.statement.split())[:60]
    by = ", ".join(plan.read_whole) or ", ".join(plan.indexes) or "no table"
    return Row(
        f"{plan.verb}: {opening} [{by}]",
        len(plan.read_whole),
        "tables read whole",
        goal="0",
        met=not plan.read_whole,
    )
