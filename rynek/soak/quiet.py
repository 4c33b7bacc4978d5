"""When a market is at rest, and whether it and Stripe then tell the same story."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rynek.soak.site import NotQuietError, Site
from transactional import invariants
from transactional.database import Row

SECONDS_TO_REST = 60.0
POLL_SECONDS = 0.05
PAGE = 100

# Everything that some worker still has to do, by kind. A letter may wait: for its next try or, when
# Postgres fell while it was sent, for the end of its lease.
UNDONE = """
select 'facts unnumbered' as kind, count(*) as undone from outbox where position is null
union all select 'facts unpublished', last_position - published_position from relay
union all select 'notifications behind', greatest(0, relay.last_position - coalesce(
    (select min(position) from consumers), relay.last_position)) from relay
union all select 'payment attempts', count(*) from payment_attempts where status = 'started'
union all select 'payments without an end', count(*) from payments
    where status = 'succeeded' and ended_in is null
union all select 'payments of given-up orders', count(*) from payments join orders using (order_id)
    where orders.status = 'cancelled' and stripe_payment_intent_id is not null
    and payments.status in ('requires_payment', 'requires_action', 'processing')
union all select 'transfers', count(*) from transfers
    where status = 'sending' or (status = 'due' and due_at <= %(now)s)
union all select 'refunds', count(*) from refunds where status in ('due', 'sending')
union all select 'reversals', count(*) from transfer_reversals where status in ('due', 'sending')
union all select 'webhooks', count(*) from webhook_events
    where applied_at is null and set_aside_at is null
union all select 'letters', count(*) from notifications
    where status = 'due' and greatest(retry_at, lease_expires_at) <= %(now)s
union all select 'vendors', count(*) from vendors
    where status in ('applied', 'verifying')
"""


class DiscordError(AssertionError):
    """An invariant is broken, or Stripe tells another story than our tables."""


@dataclass(frozen=True)
class Rest:
    """How long a market took to come to rest, and the last of what it had left to do."""

    seconds: float
    waited_for: tuple[str, ...]


def come_to_rest(site: Site) -> Rest:
    """Restart what is dead and wait until nothing is left to do.

    Raises NotQuietError after a minute, DiscordError where the outcome is wrong.
    """
    started, waited_for = time.monotonic(), tuple[str, ...]()
    while left := undone(site):
        waited_for = tuple(left)
        site.revive()
        if time.monotonic() - started > SECONDS_TO_REST:
            raise NotQuietError(f"still open after {SECONDS_TO_REST:g} s: {left}")
        time.sleep(POLL_SECONDS)
    rest = Rest(time.monotonic() - started, waited_for)
    if breaches := [*_broken(site), *_disagreements(site)]:
        raise DiscordError("; ".join(breaches))
    return rest


def undone(site: Site) -> dict[str, int]:
    """How many of each kind are left to do; empty at rest."""
    with site.sql() as connection:
        rows = connection.execute(UNDONE, {"now": site.now()}).fetchall()
    return {row["kind"]: row["undone"] for row in rows if row["undone"]}


def _broken(site: Site) -> Iterator[str]:
    with site.sql() as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        for each in invariants.check(connection):
            yield f"{each.invariant}: {each.key} {each.detail}"


def _disagreements(site: Site) -> Iterator[str]:
    """Each effect of ours happened at Stripe once, and Stripe knows no other."""
    client = site.stripe()
    paging: Any = {"limit": PAGE}
    yield from _differ(
        "captured payments",
        {
            intent.id: intent.amount_received
            for intent in client.v1.payment_intents.list(paging).auto_paging_iter()
            if intent.status == "succeeded"
        },
        _ours(
            site,
            "select stripe_payment_intent_id as id, amount_cents as cents from payments"
            " where status = 'succeeded'",
        ),
    )
    transfers = list(client.v1.transfers.list(paging).auto_paging_iter())
    yield from _differ(
        "transfers",
        {transfer.id: transfer.amount - transfer.amount_reversed for transfer in transfers},
        _ours(
            site,
            "select stripe_transfer_id as id, amount_cents - reversed_cents as cents"
            " from transfers where status = 'sent'",
        ),
    )
    yield from _differ(
        "refunds",
        {
            refund.id: refund.amount
            for refund in client.v1.refunds.list(paging).auto_paging_iter()
            if refund.status in ("succeeded", "pending")
        },
        _ours(
            site,
            "select stripe_refund_id as id, amount_cents as cents from refunds"
            " where status in ('succeeded', 'pending') and origin <> 'chargeback'",
        ),
    )


def _ours(site: Site, query: str) -> dict[str, int]:
    with site.sql() as connection:
        rows: list[Row] = connection.execute(query.encode()).fetchall()
    return {row["id"]: row["cents"] for row in rows}


def _differ(what: str, theirs: dict[str, int], ours: dict[str, int]) -> Iterator[str]:
    """Only what changed hands since the servers started is compared: both begin empty."""
    if theirs != ours:
        only_theirs = dict(theirs.items() - ours.items())
        only_ours = dict(ours.items() - theirs.items())
        yield f"{what}: Stripe alone has {only_theirs}, we alone have {only_ours}"
