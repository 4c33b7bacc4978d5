"""How Postgres would answer every hot query of the core at 2.5 million offers: by index only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from rynek.bench.recording import Rehearsal, rehearsal
from rynek.bench.report import Report, Row
from rynek.bench.stalls import Stalls, opened_market
from transactional.access import tokens
from transactional.catalogue import offers
from transactional.checkout import carts
from transactional.checkout.carts import ANYWHERE, Wanted
from transactional.database import Transaction
from transactional.http.order_answers import newly_placed
from transactional.ordering import expiry, holds, orders, stock
from transactional.ordering.placement import Application, Desk

FULL = Stalls(offers=2_500_000, vendors=5_000, shoppers=100_000)
QUICK = Stalls(offers=2_000, vendors=20, shoppers=100)
# Larger than a page of anything: to read one whole for an answer would be felt.
LARGE = ("offers", "products", "stock", "stock_moves", "shoppers", "tokens")
TOKEN, SHOPPER = "rk_shopper_bench_1", 1
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
    with console.status(f"a market of {stalls.offers:,} offers"), opened_market(stalls) as venue:
        found = plans(venue.servers.database_url)
    return Report("plans", f"{stalls.offers:,} offers", tuple(map(_row, found)))


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
