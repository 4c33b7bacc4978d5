"""What tests of refunds and disputes share: ask, let the workers work, look at the sums."""

from functools import partial
from typing import Any

import httpx

from tests.rynek.local.stripe.standins import KEY
from tests.transactional.market import TestMarket
from transactional import invariants
from transactional.database import Row
from transactional.gateway import Gateway
from transactional.settlement import disputes, refund_sending, refunds, reversals, transfers
from transactional.settlement.refund_sharing import RefundedLine

# A charge and its transfers are available at once, so that an account can be emptied.
READY_CARD = "pm_card_bypassPending"


def lines_of(market: TestMarket, order_id: int) -> list[int]:
    rows = market.rows("select line_id from order_lines where order_id = %s order by 1", order_id)
    return [row["line_id"] for row in rows]


def refund(market: TestMarket, order_id: int, *lines: RefundedLine) -> int:
    """Ask for these lines, or for all that is left."""
    wanted = lines or tuple(map(RefundedLine, lines_of(market, order_id)))
    with market.database.transaction() as connection:
        return refunds.queue(connection, order_id, wanted, "operator", market.clock())


def work(market: TestMarket, gateway: Gateway | None = None) -> None:
    """Run the workers of money until none has anything left to do."""
    stripe = gateway or market.gateway
    verbs = (refund_sending.send, reversals.send, transfers.send, disputes.send_evidence)
    turns = [partial(verb, market.database, stripe, market.clock()) for verb in verbs]
    for _ in range(10):
        if not sum(turn() for turn in turns):
            return
    raise AssertionError("the workers come to no end")


def demand_sound(market: TestMarket) -> None:
    """Every invariant holds, but for the numbering of facts that no relay has seen."""
    with market.database.transaction() as connection:
        assert invariants.check(connection) == []


def refunded_at_stripe(market: TestMarket, order_id: int) -> list[int]:
    """Cents of each refund that Stripe made of this order's payment, failed ones left out."""
    made = market.gateway._client.v1.refunds.list({"payment_intent": intent_of(market, order_id)})
    return sorted(one.amount for one in made.data if one.status != "failed")


def the(market: TestMarket, table: str) -> Row:
    """The only row of a table."""
    (row,) = market.rows(f"select * from {table}")
    return row


def balance(market: TestMarket, kind: str) -> int:
    """What the ledger has in the accounts of a kind."""
    return int(
        market.value(
            "select coalesce(sum(amount_cents), 0) from postings"
            " join accounts using (account_id) where kind = %s",
            kind,
        )
    )


def intent_of(market: TestMarket, order_id: int) -> str:
    return str(
        market.value("select stripe_payment_intent_id from payments where order_id = %s", order_id)
    )


def at_stripe(market: TestMarket, method: str, path: str, body: Any = None) -> Any:
    """A control route of the stand-in."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        answer = client.request(
            method,
            f"{market.settings.stripe_api_base}/_standin/{path}",
            headers={"authorization": f"Bearer {KEY}"},
            json=body,
        )
    answer.raise_for_status()
    return answer.json()


def dispute(market: TestMarket, order_id: int, **more: Any) -> str:
    """The shopper's bank disputes the order's payment; learned. Returns Stripe's dispute id."""
    charge = market.gateway.ask(intent_of(market, order_id)).charge_id
    made = at_stripe(market, "POST", "disputes", {"charge": charge} | more)
    learn(market, made["id"])
    return str(made["id"])


def decide(market: TestMarket, stripe_dispute_id: str, outcome: str) -> None:
    at_stripe(market, "POST", f"disputes/{stripe_dispute_id}/verdict", {"outcome": outcome})
    learn(market, stripe_dispute_id)


def learn(market: TestMarket, stripe_dispute_id: str) -> None:
    disputes.learn(market.database, market.gateway, stripe_dispute_id, market.clock())
