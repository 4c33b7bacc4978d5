"""What a vendor's webhooks are told: thin events that name a thing and its version.

The receiver reads the thing anew, so events may come in any order and any number of times; the
event's id tells a repeated one.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from transactional.database import Row, Transaction
from transactional.ids import external
from transactional.messages.notices import Message

TYPES = frozenset({"vendor_order.changed", "stock.changed", "vendor.changed"})


def of_facts(connection: Transaction, page: Sequence[Row]) -> list[Message]:
    """One message per fact of a vendor and enabled webhook of that vendor."""
    told = [fact for fact in page if _is_told(fact)]
    if not told:
        return []
    hooks = connection.execute(
        "select vendor_webhook_id, vendor_id from vendor_webhooks"
        " where is_enabled and vendor_id = any(%s) order by vendor_webhook_id",
        (list({fact["payload"]["vendor_id"] for fact in told}),),
    ).fetchall()
    return [
        message(
            hook, event_body(fact), fact["type"], f"{fact['key']}:{fact['version']}", fact["id"]
        )
        for fact in told
        for hook in hooks
        if hook["vendor_id"] == fact["payload"]["vendor_id"]
    ]


def message(hook: Row, body: str, kind: str, topic: str, fact_id: int | None) -> Message:
    return Message(
        channel="webhook",
        recipient=external("vwh", hook["vendor_webhook_id"]),
        kind=kind,
        topic=topic,
        fact_id=fact_id,
        vendor_id=hook["vendor_id"],
        subject=kind,
        body=body,
    )


def event_body(fact: Row) -> str:
    """The event's JSON: the same for the same fact, so a repeated call is recognisable."""
    thing = {
        "id": fact["key"],
        "version": fact["version"],
        "status": fact["payload"].get("status"),
    }
    return _json(f"evt_{fact['id']}", fact["type"], fact["occurred_at"], thing)


def test_body(event_id: str, now: datetime) -> str:
    """The JSON of an event that tells of nothing."""
    return _json(event_id, "test", now.isoformat(), {})


def _json(event_id: str, type_: str, occurred_at: str, thing: Mapping[str, object]) -> str:
    return json.dumps({"id": event_id, "type": type_, "occurred_at": occurred_at, "data": thing})


def _is_told(fact: Row) -> bool:
    """Orders only from payment on: before it they are nobody's business but the shopper's."""
    if fact["type"] not in TYPES:
        return False
    is_order = fact["type"] == "vendor_order.changed"
    return not is_order or fact["payload"].get("paid_at") is not None
