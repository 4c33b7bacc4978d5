"""How Postgres would answer every hot query of the core at 2.5 million offers: by index only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from rynek.bench.recording import Rehearsal, rehearsal
from rynek.bench.report import Report, Row
from rynek.bench.stalls import Stalls, opened_market
from transactional import open_tasks
from transactional.access import audit, tokens
from transactional.catalogue import offers
from transactional.checkout import candidates, carts
from transactional.checkout.carts import ANYWHERE, Wanted
from transactional.database import Transaction, statement
from transactional.facts import outbox
from transactional.http.order_answers import newly_placed
from transactional.ordering import expiry, holds, orders, stock, vendor_orders
from transactional.ordering.placement import Application, Desk
from transactional.settlement import vendor_balances

FULL = Stalls(offers=2_500_000, vendors=5_000, shoppers=100_000)
QUICK = Stalls(offers=2_000, vendors=20, shoppers=100)
# Larger than a page of anything: to read one whole for an answer would be felt.
LARGE = (
    "offers", "products", "stock", "stock_moves", "shoppers", "tokens", "orders", "vendor_orders",
    "order_lines", "holds", "payments", "transfers", "refunds", "journals", "postings", "outbox",
    "idempotency_keys", "audit",
)  # fmt: skip
PAST = Path(__file__).with_name("past.sql")
ORDERS, QUICK_ORDERS = 1_000_000, 2_000
TOKEN, SHOPPER = "rk_shopper_bench_1", 1
VENDOR = 8
# Two offers of one vendor, and one of another.
OFFERS = (7, 8, 27)
PAGE = 50

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
            for name, verb in VERBS.items()
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


def place_by_product(stage: Rehearsal) -> None:
    """The market chooses the offer, among those that compete."""
    desk = Desk(stage, lambda: datetime.now(UTC), newly_placed)
    desk.serve([Application(TOKEN, "routed", b"routed", [Wanted(None, 1, OFFERS[0])])])


def place(stage: Rehearsal) -> None:
    desk = Desk(stage, lambda: datetime.now(UTC), newly_placed)
    wanted = [Wanted(offer_id, 1) for offer_id in OFFERS]
    desk.serve([Application(TOKEN, "plans", b"plans", wanted)])


def quote(stage: Rehearsal) -> None:
    wanted = [Wanted(offer_id, 1) for offer_id in OFFERS]
    carts.quote(stage.connection, wanted, ANYWHERE, datetime.now(UTC))


def read_order(stage: Rehearsal) -> None:
    (newest,) = orders.list_of_shopper(stage.connection, SHOPPER, None, 1)
    orders.read(stage.connection, newest["order_id"])
    holds.units(stage.connection, newest["order_id"])


VERBS: dict[str, Callable[[Rehearsal], object]] = {
    "place an order": place,
    "quote a cart": quote,
    "read orders": read_order,
    "introspect a token": lambda stage: tokens.introspect(stage.connection, TOKEN),
    "read an offer": lambda stage: offers.read_offer(stage.connection, OFFERS[0]),
    "list a vendor's offers": lambda stage: offers.list_offers(stage.connection, 8, 0, PAGE),
    "list all offers": lambda stage: offers.list_offers(stage.connection, None, 0, PAGE),
    "read an offer's journal": lambda stage: stock.moves_of(
        stage.connection, OFFERS[0], None, PAGE
    ),
    "restock": lambda stage: stock.move(
        stage.connection, stock.RESTOCK, {OFFERS[0]: 1}, datetime.now(UTC)
    ),
    "place an order of a product": place_by_product,
    "rank the offers of a product": lambda stage: candidates.ranking(
        stage.connection, OFFERS[0], None, 1, "PL", datetime.now(UTC)
    ),
    "list a vendor's orders": lambda stage: vendor_orders.list_of_vendor(
        stage.connection, VENDOR, None, None, PAGE
    ),
    "list a vendor's paid orders": lambda stage: vendor_orders.list_of_vendor(
        stage.connection, VENDOR, "paid", None, PAGE
    ),
    "rank a vendor's parcels": lambda stage: vendor_orders.most_urgent(
        stage.connection, VENDOR, datetime.now(UTC), PAGE
    ),
    "read a vendor's balance": lambda stage: vendor_balances.read(
        stage.connection, VENDOR, datetime.now(UTC)
    ),
    "find unsettled payments": lambda stage: stage.connection.execute(
        statement("unsettled_payments"), {"before": datetime.now(UTC), "limit": PAGE}
    ),
    "find due transfers": lambda stage: stage.connection.execute(
        statement("due_transfers"), {"now": datetime.now(UTC), "limit": PAGE}
    ),
    "list open tasks": lambda stage: open_tasks.read(stage.connection, datetime.now(UTC)),
    "number facts": lambda stage: stage.connection.execute(statement("number_facts")),
    "read facts": lambda stage: outbox.page(stage.connection, 0, PAGE),
    "read the audit trail": lambda stage: audit.list_page(
        stage.connection, "shp_1", None, None, PAGE
    ),
    "sweep all lapsed holds": lambda stage: expiry.sweep(stage, datetime.now(UTC)),
    "sweep lapsed holds": lambda stage: expiry.sweep(stage, datetime.now(UTC), OFFERS),
}


def _sent(stage: Rehearsal, verb: Callable[[Rehearsal], object]) -> Sequence[str]:
    with stage.recorded() as sent:
        verb(stage)
    return [statement for statement in sent if "pg_notify" not in statement]


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
