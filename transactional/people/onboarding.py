"""Onboarding: an applicant submits what the checklist asks, an operator reviews it.

Once every required item is approved or waived, the applicant goes on to verification, where its
Stripe account is opened.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError, NotFoundError
from transactional.facts import outbox
from transactional.ids import external
from transactional.people import vendors
from transactional.people.checklists import ChecklistItemUnknownError

DONE = frozenset({"approved", "waived"})
ADVANCED_AT_ONCE = 1_000
SUBMISSIONS = (
    "select submission_id, vendor_id, checklist_item_id, code, submissions.status, content, note,"
    " submitted_at, reviewed_at from submissions join checklist_items using (checklist_item_id)"
)

Decision = Literal["approved", "rejected"]


class SubmissionUnknownError(NotFoundError):
    """There is no such submission."""

    code = "submission_unknown"


class SubmissionNotWantedError(ConflictError):
    """This item is done, or the application is closed; GET …/onboarding says what is missing."""

    code = "submission_not_wanted"


class SubmissionReviewedError(ConflictError):
    """This submission was reviewed already, or a newer one replaced it; review the newest."""

    code = "submission_reviewed"


def checklist(connection: Transaction, vendor_id: int) -> list[Row]:
    """What is asked of the vendor, each item with its newest submission's status or 'missing'."""
    return connection.execute(statement("checklist_of_vendor"), {"vendor_id": vendor_id}).fetchall()


def submit(
    connection: Transaction,
    vendor_id: int,
    checklist_item_id: int,
    content: dict[str, Any],
    now: datetime,
) -> Row:
    """A new answer to an item, which counts in place of earlier ones.

    Raises VendorUnknownError, ChecklistItemUnknownError, SubmissionNotWantedError.
    """
    _lock_open_item(connection, vendor_id, checklist_item_id)
    return _insert(connection, vendor_id, checklist_item_id, "submitted", now, content=content)


def waive(
    connection: Transaction, vendor_id: int, checklist_item_id: int, note: str | None, now: datetime
) -> Row:
    """Do without an item; raises as `submit` does."""
    _lock_open_item(connection, vendor_id, checklist_item_id)
    waived = _insert(connection, vendor_id, checklist_item_id, "waived", now, note=note)
    advance(connection, vendor_id, now)
    return waived


def review(
    connection: Transaction,
    submission_id: int,
    decision: Decision,
    note: str | None,
    now: datetime,
) -> Row:
    """Approve or reject the newest submission to an item.

    Raises SubmissionUnknownError, SubmissionReviewedError.
    """
    found = read_submission(connection, submission_id)
    vendors.lock(connection, found["vendor_id"])
    newest = _item(connection, found["vendor_id"], found["checklist_item_id"])
    if (newest["submission_id"], newest["status"]) != (submission_id, "submitted"):
        raise SubmissionReviewedError(status=found["status"])
    connection.execute(
        "update submissions set status = %s, note = %s, reviewed_at = %s where submission_id = %s",
        (decision, note, now, submission_id),
    )
    reviewed = read_submission(connection, submission_id)
    _tell(connection, reviewed, now)
    advance(connection, found["vendor_id"], now)
    return reviewed


def advance(connection: Transaction, vendor_id: int, now: datetime) -> bool:
    """An applicant with nothing left to show goes on to verification; whether it did."""
    if vendors.lock(connection, vendor_id)["status"] != "applied":
        return False
    if lacking(checklist(connection, vendor_id)):
        return False
    vendors.verify(connection, vendor_id, now)
    return True


def advance_all(connection: Transaction, now: datetime) -> int:
    """Look at the applicants again after the checklist has changed; returns how many went on."""
    applied = connection.execute(
        "select vendor_id from vendors where status = 'applied' order by vendor_id limit %s",
        (ADVANCED_AT_ONCE,),
    ).fetchall()
    return sum(advance(connection, row["vendor_id"], now) for row in applied)


def read_submission(connection: Transaction, submission_id: int) -> Row:
    """Raises SubmissionUnknownError."""
    row = connection.execute(f"{SUBMISSIONS} where submission_id = %s", (submission_id,)).fetchone()
    if row is None:
        raise SubmissionUnknownError
    return row


def list_submissions(
    connection: Transaction, vendor_id: int | None, status: str | None, after: int, limit: int
) -> list[Row]:
    """Oldest first, so that a review queue is worked off in order."""
    return connection.execute(
        f"{SUBMISSIONS} where submission_id > %(after)s"
        " and (%(vendor_id)s::bigint is null or vendor_id = %(vendor_id)s)"
        " and (%(status)s::text is null or submissions.status = %(status)s)"
        " order by submission_id limit %(limit)s",
        {"after": after, "vendor_id": vendor_id, "status": status, "limit": limit},
    ).fetchall()


def lacking(items: Sequence[Row]) -> list[Row]:
    """Required items that are neither approved nor waived."""
    return [item for item in items if item["is_required"] and item["status"] not in DONE]


def next_steps(vendor: Row, items: Sequence[Row]) -> list[str]:
    """What is to be done now, in words for the vendor."""
    if vendor["status"] == "applied":
        return [_step(item) for item in lacking(items)]
    if vendor["status"] in ("suspended", "rejected"):
        reason = vendor["status_reason"] or "no reason was given"
        return [f"write to the market's operator: {vendor['status']}, {reason}"]
    if vendor["stripe_account_id"] is None:
        return ["wait: the account at Stripe is opened when it is needed"]
    if vendor["requirements_due"] or not vendor["is_transfer_capable"]:
        return ["give Stripe what it asks for, through POST …/onboarding-link"]
    return []


def _step(item: Row) -> str:
    if item["status"] == "submitted":
        return f"wait for the review of {item['code']}"
    why = f" again: {item['note'] or 'it was rejected'}" if item["status"] == "rejected" else ""
    return f"submit {item['code']}{why}"


def _tell(connection: Transaction, submission: Row, now: datetime) -> None:
    """Which item, and how it went; the note stays here, whoever hears of it reads it."""
    told = ("submission_id", "vendor_id", "checklist_item_id", "code", "status")
    key = external("sub", submission["submission_id"])
    payload = {name: submission[name] for name in told}
    outbox.write(connection, "submission.reviewed", key, 1, payload, now)


def _lock_open_item(connection: Transaction, vendor_id: int, checklist_item_id: int) -> None:
    vendor = vendors.lock(connection, vendor_id)
    item = _item(connection, vendor_id, checklist_item_id)
    if item["status"] in DONE or vendor["status"] == "rejected":
        raise SubmissionNotWantedError(item=item["code"], status=item["status"])


def _item(connection: Transaction, vendor_id: int, checklist_item_id: int) -> Row:
    for item in checklist(connection, vendor_id):
        if item["checklist_item_id"] == checklist_item_id:
            return item
    raise ChecklistItemUnknownError


def _insert(
    connection: Transaction,
    vendor_id: int,
    checklist_item_id: int,
    status: str,
    now: datetime,
    *,
    content: dict[str, Any] | None = None,
    note: str | None = None,
) -> Row:
    row = connection.execute(
        "insert into submissions (vendor_id, checklist_item_id, status, content, note,"
        " submitted_at, reviewed_at) values (%s, %s, %s, %s, %s, %s, %s) returning submission_id",
        (
            *(vendor_id, checklist_item_id, status, Jsonb(content or {}), note, now),
            None if status == "submitted" else now,
        ),
    ).fetchone()
    assert row is not None, "an insert returns its row"
    return read_submission(connection, row["submission_id"])
