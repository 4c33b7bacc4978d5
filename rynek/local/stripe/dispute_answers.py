"""What the platform answers to a dispute: evidence, or that it has none.

As in Stripe's test mode, the bank decides by `evidence[uncategorized_text]`: `winning_evidence`,
`losing_evidence`, or for an inquiry `escalate_inquiry_evidence`. Other evidence stays under review
until a control route decides.
"""

from typing import Final

from msgspec import Struct

from rynek.local.stripe import disputes
from rynek.local.stripe.agenda import drop, plan
from rynek.local.stripe.events import emit
from rynek.local.stripe.evidence import EVIDENCE
from rynek.local.stripe.exchange import Answer, Call, ok
from rynek.local.stripe.parameters import Nothing, merged, read
from rynek.local.stripe.refusals import InvalidParameter, Refusal
from rynek.local.stripe.store import Record

DECIDED_AFTER_S: Final = 60
DECISIVE: Final = frozenset({"winning_evidence", "losing_evidence", "escalate_inquiry_evidence"})
UNDER_REVIEW: Final = {
    "needs_response": "under_review",
    "warning_needs_response": "warning_under_review",
}
"""What submitted evidence makes of a dispute."""


class ChangeDispute(Struct, forbid_unknown_fields=True):
    """Evidence, submitted at once unless `submit` is false."""

    evidence: dict[str, str] | None = None
    metadata: dict[str, str] | None = None
    submit: bool | None = None


def update(call: Call) -> Answer:
    """Stage evidence or submit it, once; metadata may change at any time."""
    wanted = read(ChangeDispute, call.form)
    record = disputes.dispute_in(call)
    record.body["metadata"] = merged(record.body["metadata"], wanted.metadata)
    is_submitted = wanted.submit if wanted.submit is not None else bool(wanted.evidence)
    if wanted.evidence or is_submitted:
        require_unanswered(record)
        stage(record, wanted.evidence or {})
    if is_submitted:
        submit(call, record)
    call.books.keep(record)
    emit(call, "charge.dispute.updated", record.body)
    return ok(record.body)


def require_unanswered(record: Record) -> None:
    if record.body["status"] not in UNDER_REVIEW:
        raise Refusal(
            f"Evidence can no longer be given: dispute {record.id} has a status of "
            f"{record.body['status']}.",
            param="evidence",
        )


def stage(record: Record, evidence: dict[str, str]) -> None:
    """Put evidence beside what was staged before."""
    unknown = sorted(evidence.keys() - {*EVIDENCE})
    if unknown:
        raise InvalidParameter(
            f"Received unknown parameter: evidence[{unknown[0]}].",
            code="parameter_unknown",
            param=f"evidence[{unknown[0]}]",
        )
    record.body["evidence"] |= {name: value or None for name, value in evidence.items()}
    staged = (record.body["evidence"][name] for name in EVIDENCE)
    record.body["evidence_details"]["has_evidence"] = any(staged)


def submit(call: Call, record: Record) -> None:
    """Hand the evidence to the bank."""
    record.body["status"] = UNDER_REVIEW[record.body["status"]]
    record.body["evidence_details"]["submission_count"] += 1
    drop(call, record.id)
    if record.body["evidence"]["uncategorized_text"] in DECISIVE:
        plan(call, "bank decides a dispute", record.id, call.now + DECIDED_AFTER_S)


def close(call: Call) -> Answer:
    """The platform has no evidence: the dispute is lost."""
    read(Nothing, call.form)
    record = disputes.dispute_in(call)
    require_unanswered(record)
    disputes.close(call, record, "lost")
    return ok(record.body)
