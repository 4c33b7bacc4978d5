"""The sums that follow from a model of the market: its stock, its ledger, and what Stripe knows."""

from collections import defaultdict
from collections.abc import Iterator

from rynek.soak.arithmetic import Cents
from rynek.soak.model import Model

# By kind and vendor.
Accounts = dict[tuple[str, int | None], int]
Amount = tuple[str, int | None, int]


def stock(model: Model) -> dict[int, tuple[int, int, int]]:
    """Available, held and sold units by offer."""
    held: dict[int, int] = defaultdict(int)
    sold: dict[int, int] = defaultdict(int)
    for order_id, order in model.orders.items():
        for line in order.lines:
            if model.seen.orders[order_id]["hold_status"] == "active":
                held[line.offer.offer_id] += line.quantity
            if model.seen.orders[order_id]["status"] == "paid":
                sold[line.offer.offer_id] += model.gone(line)
    return {
        offer: (units - held[offer] - sold[offer], held[offer], sold[offer])
        for offer, units in model.received.items()
    }


def accounts(model: Model) -> Accounts:
    """Balances of the ledger that are not zero, debits positive."""
    sums: Accounts = defaultdict(int)
    for amounts in (_sales(model), _given_back(model), _sent(model), _taken_by_banks(model)):
        for kind, vendor_id, cents in amounts:
            sums[kind, vendor_id] += cents
    for payment in model.seen.payments.values():
        if payment["ended_in"]:
            sums["stripe_balance", None] += model.orders[payment["order_id"]].paid_cents
    return {account: cents for account, cents in sums.items() if cents}


def at_stripe(model: Model) -> dict[str, int]:
    """What Stripe must know of: cents by its ids of payments, refunds and transfers."""
    seen = model.seen
    return (
        {
            row["stripe_payment_intent_id"]: model.orders[row["order_id"]].paid_cents
            for row in seen.payments.values()
            if row["status"] == "succeeded"
        }
        | {
            row["stripe_refund_id"]: model.refunds[key].cents
            for key, row in seen.refunds.items()
            if row["status"] in ("pending", "succeeded") and row["origin"] != "chargeback"
        }
        | {
            row["stripe_transfer_id"]: model.sendings[key].cents - model.reversed_cents(key)
            for key, row in seen.transfers.items()
            if row["status"] == "sent"
        }
    )


def _sales(model: Model) -> Iterator[Amount]:
    for order_id, order in model.orders.items():
        if model.seen.orders[order_id]["status"] == "paid":
            for line in order.lines:
                yield from _borne(line.offer.vendor_id, line.cents, -1)


def _given_back(model: Model) -> Iterator[Amount]:
    for line in model.lines():
        for back in model.backs(line, booked=True):
            yield from _borne(line.offer.vendor_id, back.cents, 1)
    for key, row in model.seen.refunds.items():
        cents, is_done = model.refunds[key].cents, row["status"] in ("pending", "succeeded")
        if is_done and row["origin"] != "chargeback":
            yield "stripe_balance", None, -cents
        is_kept = row["is_booked"] or row["origin"] == "late_capture"
        if is_kept and not is_done and row["failure_code"] != "charged_back":
            yield "unmatched_payments", None, -cents


def _sent(model: Model) -> Iterator[Amount]:
    for key, row in model.seen.transfers.items():
        if row["status"] == "sent":
            cents = model.sendings[key].cents - model.reversed_cents(key)
            yield "vendor_payable", row["vendor_id"], cents
            yield "stripe_balance", None, -cents


def _taken_by_banks(model: Model) -> Iterator[Amount]:
    for row in model.seen.disputes.values():
        yield "stripe_balance", None, -row["taken_cents"] - row["fee_cents"]
        yield "dispute_fees", None, row["fee_cents"]
        if row["status"] != "lost":
            yield "disputed_funds", None, row["taken_cents"]
    yield "dispute_fees", None, model.unborne_cents


def _borne(vendor_id: int, cents: Cents, sign: int) -> Iterator[Amount]:
    yield "vendor_payable", vendor_id, sign * cents.vendor
    yield "commission_revenue", None, sign * cents.commission
    yield "commission_tax_payable", None, sign * cents.commission_tax
    yield "processing_recovery", None, sign * cents.processing
    yield "tax_payable", None, sign * cents.withheld
