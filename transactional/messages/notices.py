"""Who is to hear of a fact: the pure part of notifications.

A notice names its topic: of one topic a recipient hears once per kind, whatever is told again. A
vendor order's fact is a move when it happened at the very time of its status; later facts of the
same status (a refund, a new tracking code) are not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from transactional.ids import external

Audience = Literal["shopper", "vendor", "operator"]
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Notice:
    """`vendor_id` None with the audience "vendor" means every vendor of the order."""

    kind: str
    audience: Audience
    topic: str
    fact_id: int | None
    it: Payload
    order_id: int | None = None
    vendor_id: int | None = None
    offer_id: int | None = None
    submission_id: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient: an address, or a webhook's id."""

    channel: str
    recipient: str
    kind: str
    topic: str
    fact_id: int | None
    vendor_id: int | None
    subject: str
    body: str


def of_fact(fact: Payload) -> list[Notice]:
    """The notices that a fact as the stream carries it gives rise to."""
    of_type = BY_TYPE.get(fact["type"])
    return [] if of_type is None else list(of_type(fact))


def _vendor_order(fact: Payload) -> Iterator[Notice]:
    it = fact["payload"]
    status = it["status"]
    if it.get("paid_at") is None or it.get(f"{status}_at") != fact["occurred_at"]:
        return
    if status == "paid":
        yield _notice(fact, "order_confirmed", "shopper", external("ord", it["order_id"]))
        yield _notice(fact, "new_order", "vendor")
    elif status == "cancelled":
        yield _notice(fact, "order_cancelled", "shopper")
        if it.get("cancel_reason") != "vendor":
            yield _notice(fact, "vendor_order_cancelled", "vendor")
    else:
        yield _notice(fact, f"order_{status}", "shopper")


def _refund(fact: Payload) -> Iterator[Notice]:
    status = fact["payload"]["status"]
    if status == "succeeded" and fact["payload"].get("origin") != "chargeback":
        yield _notice(fact, "refund_succeeded", "shopper")
    if status == "failed":
        yield _notice(fact, "refund_failed", "operator", f"{fact['key']}:{fact['version']}")


def _dispute(fact: Payload) -> Iterator[Notice]:
    if fact["payload"]["status"] in ("open", "under_review"):
        yield _notice(fact, "dispute_opened", "operator")
        yield _notice(fact, "dispute_opened", "vendor")


def _timer(fact: Payload) -> Iterator[Notice]:
    kind = fact["payload"]["kind"]
    yield _notice(fact, kind, "vendor")
    if kind == "ship_escalation":
        yield _notice(fact, kind, "operator")


def _stock(fact: Payload) -> Iterator[Notice]:
    """At most once a day for each offer: one that hovers about its threshold is no news."""
    it = fact["payload"]
    topic = f"{fact['key']}:{fact['occurred_at'][:10]}"
    if it["available_units"] <= 0:
        yield _notice(fact, "stock_out", "vendor", topic)
    elif it["available_units"] <= it["low_stock_threshold"]:
        yield _notice(fact, "stock_low", "vendor", topic)


def _vendor(fact: Payload) -> Iterator[Notice]:
    it = fact["payload"]
    topic = f"{fact['key']}:{fact['version']}"
    if it["status"] in ("active", "rejected", "suspended"):
        if fact["version"] == it.get("status_version"):
            yield _notice(fact, f"vendor_{it['status']}", "vendor", topic)
        elif it.get("requirements_due") and not it.get("is_payout_ready"):
            day = fact["occurred_at"][:10]
            yield _notice(fact, "payout_problem", "vendor", f"{fact['key']}:{day}")


def _submission(fact: Payload) -> Iterator[Notice]:
    """An approved one is no news: the vendor hears when it may sell."""
    if fact["payload"]["status"] == "rejected":
        yield _notice(fact, "submission_rejected", "vendor")


BY_TYPE: dict[str, Callable[[Payload], Iterator[Notice]]] = {
    "vendor_order.changed": _vendor_order,
    "refund.changed": _refund,
    "dispute.changed": _dispute,
    "timer.fired": _timer,
    "stock.changed": _stock,
    "vendor.changed": _vendor,
    "submission.reviewed": _submission,
}


def _notice(fact: Payload, kind: str, audience: Audience, topic: str | None = None) -> Notice:
    it = fact["payload"]
    return Notice(
        kind=kind,
        audience=audience,
        topic=topic or fact["key"],
        fact_id=fact["id"],
        it=it,
        order_id=it.get("order_id"),
        vendor_id=it.get("vendor_id"),
        offer_id=it.get("offer_id"),
        submission_id=it.get("submission_id"),
    )
