"""Routes of disputes: what banks ask back, and what they are told."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import ids
from transactional.access.tokens import Caller
from transactional.database import Row, Transaction
from transactional.http.market import OnceOnly, Operator, Running, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    DisputeId,
    Limit,
    OrderId,
    Page,
    VendorId,
    VendorOrderId,
    page,
)
from transactional.settlement import disputes

router = APIRouter(tags=["disputes"])
DEFAULT_PAGE = 20
LONGEST_EVIDENCE = 20_000


class EvidenceBody(Body):
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_EVIDENCE)]


class DisputedPart(Answer):
    """What a vendor has in a disputed order; its transfer is frozen until the verdict."""

    vendor_order_id: VendorOrderId
    vendor_id: VendorId
    net_cents: int
    vendor_refunded_cents: int
    transfer_status: str | None


class Dispute(Answer):
    dispute_id: DisputeId
    order_id: OrderId
    status: Literal["open", "under_review", "won", "lost"]
    reason: str | None
    amount_cents: int
    opened_at: AwareDatetime
    evidence_due_at: AwareDatetime | None
    evidence_text: str | None
    evidence_sent_at: AwareDatetime | None
    evidence_error: str | None
    closed_at: AwareDatetime | None
    parts: list[DisputedPart]


@router.get("/v1/disputes")
def list_disputes(
    who: VendorOrOperator,
    market: Running,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[Dispute]:
    """Newest first; a vendor sees those of its orders, and its own part."""
    before = None if cursor is None else ids.internal("dsp", cursor)
    with market.database.transaction() as connection:
        rows = disputes.list_page(connection, _vendor_of(who), before, limit)
    return page(Dispute, rows, limit, "dsp", "dispute_id")


@router.get("/v1/disputes/{dispute_id}")
def read_dispute(dispute_id: DisputeId, who: VendorOrOperator, market: Running) -> Dispute:
    with market.database.transaction() as connection:
        return Dispute.of(_own(connection, dispute_id, who))


@router.post("/v1/disputes/{dispute_id}/evidence", response_model=Dispute)
def answer_bank(
    dispute_id: DisputeId, body: EvidenceBody, _: Operator, once: OnceOnly
) -> JSONResponse:
    """Answer the bank, once; a worker hands it to Stripe."""

    def work(connection: Transaction) -> Dispute:
        return Dispute.of(disputes.answer_bank(connection, dispute_id, body.text))

    return once.answer(200, work)


def _own(connection: Transaction, dispute_id: int, who: Caller) -> Row:
    return disputes.read(connection, dispute_id, _vendor_of(who))


def _vendor_of(who: Caller) -> int | None:
    return who.subject_id if who.role == "vendor" else None
