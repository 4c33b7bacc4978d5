"""Routes of onboarding: checklist, submissions and their review, Stripe's questions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional.database import Transaction
from transactional.http.market import OnceOnly, Operator, Running, VendorOrOperator
from transactional.http.vendors import Reason, VendorStatus, demand_own_vendor
from transactional.http.wire import (
    Answer,
    Body,
    ChecklistItemId,
    Country,
    Limit,
    Page,
    SubmissionId,
    VendorId,
    page,
    position,
)
from transactional.people import checklists, onboarding, vendor_accounts, vendors
from transactional.people.checklists import NewItem

router = APIRouter(tags=["onboarding"])
DEFAULT_PAGE = 50
MOST_FIELDS = 50
MOST_LINKS = 20

SubmissionStatus = Literal["submitted", "approved", "rejected", "waived"]
FieldName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,49}$")]
FieldText = Annotated[str, Field(max_length=2_000, pattern="^[^\\x00]*$")]
Link = Annotated[str, Field(max_length=2_000, pattern=r"^https://[^\s\x00/]+\.[^\s\x00]+$")]
ReturnAddress = Annotated[
    str,
    Field(max_length=2_000, pattern=r"^(https://|http://(localhost|127\.0\.0\.1)([:/]|$))[^\s]*$"),
]


class ItemBody(Body):
    code: FieldName
    title: Annotated[str, Field(min_length=1, max_length=200)]
    country: Annotated[Country | None, Field(description="Null: asked of every vendor.")] = None
    is_required: bool = True


class Item(Answer):
    checklist_item_id: ChecklistItemId
    code: str
    title: str
    country: str | None
    is_required: bool
    is_retired: bool
    created_at: AwareDatetime


class Content(Body):
    """What a vendor shows: short texts by name, and links to documents."""

    fields: Annotated[
        dict[FieldName, FieldText], Field(default_factory=dict, max_length=MOST_FIELDS)
    ]
    links: Annotated[list[Link], Field(default_factory=list, max_length=MOST_LINKS)]


class SubmissionBody(Body):
    checklist_item_id: ChecklistItemId
    content: Content


class WaiverBody(Body):
    checklist_item_id: ChecklistItemId
    note: Reason | None = None


class ReviewBody(Body):
    decision: onboarding.Decision
    note: Annotated[Reason | None, Field(description="Told to the vendor.")] = None


class Submission(Answer):
    submission_id: SubmissionId
    vendor_id: VendorId
    checklist_item_id: ChecklistItemId
    code: str
    status: SubmissionStatus
    content: dict[str, object]
    note: str | None
    submitted_at: AwareDatetime
    reviewed_at: AwareDatetime | None


class AskedItem(Answer):
    checklist_item_id: ChecklistItemId
    code: str
    title: str
    is_required: bool
    status: SubmissionStatus | Literal["missing"]
    submission_id: SubmissionId | None
    note: str | None
    submitted_at: AwareDatetime | None
    reviewed_at: AwareDatetime | None


class Onboarding(Answer):
    """Where an application stands, and what is to be done next."""

    vendor_id: VendorId
    status: VendorStatus
    status_reason: str | None
    stripe_account_id: str | None
    is_transfer_capable: bool
    is_payout_ready: bool
    requirements_due: list[str]
    items: list[AskedItem]
    next_steps: list[str]


class LinkBody(Body):
    return_url: ReturnAddress
    refresh_url: Annotated[ReturnAddress, Field(description="Asked for a fresh link.")]


class OnboardingLink(Answer):
    url: str
    expires_at: AwareDatetime


@router.post("/v1/checklist-items", status_code=201, response_model=Item)
def create_checklist_item(body: ItemBody, _: Operator, once: OnceOnly) -> JSONResponse:
    """Asked of applicants from now on; who is past the checklist sells on."""
    new = NewItem(**dict(body))
    return once.answer(201, lambda c: Item.of(checklists.create(c, new)))


@router.get("/v1/checklist-items")
def list_checklist_items(
    _: VendorOrOperator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Item]:
    with market.database.transaction() as connection:
        rows = checklists.list_page(connection, position("chk", cursor), limit)
    return page(Item, rows, limit, "chk", "checklist_item_id")


@router.post("/v1/checklist-items/{checklist_item_id}/retire", response_model=Item)
def retire_checklist_item(
    checklist_item_id: ChecklistItemId, _: Operator, once: OnceOnly
) -> JSONResponse:
    """Asked of nobody any more; applicants that lacked only this go on."""

    def retire(connection: Transaction) -> Item:
        retired = checklists.retire(connection, checklist_item_id)
        onboarding.advance_all(connection, once.market.clock())
        return Item.of(retired)

    return once.answer(200, retire)


@router.get("/v1/vendors/{vendor_id}/onboarding")
def read_onboarding(vendor_id: VendorId, who: VendorOrOperator, market: Running) -> Onboarding:
    """What is missing, and what to do next."""
    demand_own_vendor(who, vendor_id)
    with market.database.transaction() as connection:
        vendor = vendors.read(connection, vendor_id)
        items = onboarding.checklist(connection, vendor_id)
    steps = onboarding.next_steps(vendor, items)
    return Onboarding.of(vendor | {"items": items, "next_steps": steps})


@router.post("/v1/vendors/{vendor_id}/submissions", status_code=201, response_model=Submission)
def submit(
    vendor_id: VendorId, body: SubmissionBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    """An answer to an item of the checklist; the newest one counts."""
    demand_own_vendor(who, vendor_id)
    content = body.content.model_dump()

    def work(connection: Transaction) -> Submission:
        item, now = body.checklist_item_id, once.market.clock()
        return Submission.of(onboarding.submit(connection, vendor_id, item, content, now))

    return once.answer(201, work)


@router.post("/v1/vendors/{vendor_id}/waivers", status_code=201, response_model=Submission)
def waive(vendor_id: VendorId, body: WaiverBody, _: Operator, once: OnceOnly) -> JSONResponse:
    """Do without an item for this vendor."""

    def work(connection: Transaction) -> Submission:
        item, now = body.checklist_item_id, once.market.clock()
        return Submission.of(onboarding.waive(connection, vendor_id, item, body.note, now))

    return once.answer(201, work)


@router.get("/v1/submissions")
def list_submissions(
    _: Operator,
    market: Running,
    vendor: Annotated[VendorId | None, Query()] = None,
    status: SubmissionStatus | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[Submission]:
    """Oldest first: with ?status=submitted, the queue of reviews."""
    after = position("sub", cursor)
    with market.database.transaction() as connection:
        rows = onboarding.list_submissions(connection, vendor, status, after, limit)
    return page(Submission, rows, limit, "sub", "submission_id")


@router.post("/v1/submissions/{submission_id}/review", response_model=Submission)
def review(
    submission_id: SubmissionId, body: ReviewBody, _: Operator, once: OnceOnly
) -> JSONResponse:
    """Approve or reject; with the last required item the vendor goes on to verification."""

    def work(connection: Transaction) -> Submission:
        now = once.market.clock()
        return Submission.of(
            onboarding.review(connection, submission_id, body.decision, body.note, now)
        )

    return once.answer(200, work)


@router.post("/v1/vendors/{vendor_id}/onboarding-link", response_model=OnboardingLink)
def open_onboarding_link(
    vendor_id: VendorId, body: LinkBody, who: VendorOrOperator, market: Running, _once: OnceOnly
) -> JSONResponse:
    """Stripe's page for the vendor: it works once, so repeating gives another."""
    demand_own_vendor(who, vendor_id)
    with market.seats.taken():
        link = vendor_accounts.link(
            market.database, market.gateway, vendor_id, body.refresh_url, body.return_url
        )
    answer = OnboardingLink(url=link.url, expires_at=link.expires_at)
    return JSONResponse(answer.model_dump(mode="json"), headers={"Cache-Control": "no-store"})
