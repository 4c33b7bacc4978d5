"""Routes of vendors and their owners."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field, model_validator

from transactional.access.tokens import Caller
from transactional.database import Transaction
from transactional.http.market import OnceOnly, Operator, Running, Service, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    Country,
    Limit,
    OwnerId,
    Page,
    VendorId,
    page,
    position,
)
from transactional.people import vendor_accounts, vendors
from transactional.people.vendors import NewVendor, VendorChange

router = APIRouter(tags=["vendors"])
DEFAULT_PAGE = 50


Name = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
Days = Annotated[int, Field(strict=True, ge=0, le=60)]
Reason = Annotated[str, Field(min_length=1, max_length=1_000)]
VendorStatus = Literal["applied", "verifying", "active", "suspended", "rejected"]


class VendorBody(Body):
    """One shop of a legal entity: a new one by its legal name, or one that is here already."""

    name: Name
    legal_name: Name | None = None
    owner_id: OwnerId | None = None
    country: Country
    region: Annotated[str, Field(max_length=100)] | None = None
    email: Email | None = None
    ships_within_days: Days = 2

    @model_validator(mode="after")
    def _name_one_owner(self) -> Self:
        if (self.legal_name is None) == (self.owner_id is None):
            raise ValueError("name the owner by legal_name, or by owner_id where it has a shop")
        return self


class VendorChangeBody(Body):
    name: Name | None = None
    email: Email | None = None
    ships_within_days: Days | None = None


class ReasonBody(Body):
    reason: Reason | None = None


class Vendor(Answer):
    """With Stripe's flags: may transfers go to its account, may it pay out, what is asked of it."""

    vendor_id: VendorId
    owner_id: OwnerId
    name: str
    email: str | None
    status: VendorStatus
    status_reason: str | None
    country: str
    region: str | None
    ships_within_days: int
    stripe_account_id: str | None
    is_transfer_capable: bool
    is_payout_ready: bool
    requirements_due: list[str]
    created_at: AwareDatetime


class Owner(Answer):
    owner_id: OwnerId
    legal_name: str
    vendor_ids: list[VendorId]


@router.post("/v1/vendors", status_code=201, response_model=Vendor)
def create_vendor(body: VendorBody, _: Service, once: OnceOnly) -> JSONResponse:
    """An application, filed by the marketplace's site for whoever wants to sell, or by an operator.

    It becomes an applicant, or where nothing is asked of it a vendor under verification: it becomes
    active as soon as its Stripe account can be paid.
    """
    new = NewVendor(**dict(body))

    def create(connection: Transaction) -> Vendor:
        vendor_id = vendors.create(connection, new, once.market.clock())
        return Vendor.of(vendors.read(connection, vendor_id))

    return once.answer(201, create)


@router.post("/v1/vendors/{vendor_id}/account", response_model=Vendor)
def open_account(vendor_id: VendorId, _: Operator, market: Running, _once: OnceOnly) -> Vendor:
    """Open the vendor's Stripe account now, without waiting for the worker.

    The vendor's own stored key makes repeating harmless, also under another Idempotency-Key.
    """
    with market.seats.taken():
        vendor_accounts.open_one(market.database, market.gateway, vendor_id, market.clock())
    return read_vendor_row(market, vendor_id)


@router.get("/v1/vendors")
def list_vendors(
    _: Operator,
    market: Running,
    status: VendorStatus | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[Vendor]:
    after = position("ven", cursor)
    with market.database.transaction() as connection:
        rows = vendors.list_page(connection, status, after, limit)
    return page(Vendor, rows, limit, "ven", "vendor_id")


@router.get("/v1/owners")
def list_owners(
    _: Operator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Owner]:
    """Legal entities, each with its shops."""
    with market.database.transaction() as connection:
        rows = vendors.list_owners(connection, position("own", cursor), limit)
    return page(Owner, rows, limit, "own", "owner_id")


@router.get("/v1/vendors/{vendor_id}")
def read_vendor(vendor_id: VendorId, who: VendorOrOperator, market: Running) -> Vendor:
    demand_own_vendor(who, vendor_id)
    return read_vendor_row(market, vendor_id)


@router.patch("/v1/vendors/{vendor_id}")
def change_vendor(
    vendor_id: VendorId, body: VendorChangeBody, who: VendorOrOperator, market: Running
) -> Vendor:
    """A new name, e-mail address or shipping promise; what is absent stays."""
    demand_own_vendor(who, vendor_id)
    with market.database.transaction() as connection:
        change = VendorChange(**dict(body))
        return Vendor.of(vendors.change(connection, vendor_id, change, market.clock()))


@router.post("/v1/vendors/{vendor_id}/suspend", response_model=Vendor)
def suspend_vendor(
    vendor_id: VendorId, _: Operator, once: OnceOnly, body: ReasonBody | None = None
) -> JSONResponse:
    """Its offers leave checkout at once, and search as soon as the fact arrives."""
    reason = body.reason if body else None

    def suspend(connection: Transaction) -> Vendor:
        vendors.suspend(connection, vendor_id, once.market.clock(), reason)
        return Vendor.of(vendors.read(connection, vendor_id))

    return once.answer(200, suspend)


@router.post("/v1/vendors/{vendor_id}/reinstate", response_model=Vendor)
def reinstate_vendor(vendor_id: VendorId, _: Operator, once: OnceOnly) -> JSONResponse:
    def reinstate(connection: Transaction) -> Vendor:
        vendors.reinstate(connection, vendor_id, once.market.clock())
        return Vendor.of(vendors.read(connection, vendor_id))

    return once.answer(200, reinstate)


@router.post("/v1/vendors/{vendor_id}/reject", response_model=Vendor)
def reject_vendor(
    vendor_id: VendorId, _: Operator, once: OnceOnly, body: ReasonBody | None = None
) -> JSONResponse:
    """For good: an applicant, a vendor under verification or a suspended one."""
    reason = body.reason if body else None

    def reject(connection: Transaction) -> Vendor:
        vendors.reject(connection, vendor_id, once.market.clock(), reason)
        return Vendor.of(vendors.read(connection, vendor_id))

    return once.answer(200, reject)


def read_vendor_row(market: Running, vendor_id: int) -> Vendor:
    with market.database.transaction() as connection:
        return Vendor.of(vendors.read(connection, vendor_id))


def demand_own_vendor(who: Caller, vendor_id: int) -> None:
    """A foreign vendor is as good as none. Raises VendorUnknownError."""
    if who.role == "vendor" and who.subject_id != vendor_id:
        raise vendors.VendorUnknownError
