"""Routes of vendors and of the installation they sell in."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import installation, vendor_accounts, vendors
from transactional.database import Transaction
from transactional.http.market import OnceOnly, Operator, Running, VendorOrOperator
from transactional.http.wire import Answer, Body, Country, Limit, Page, VendorId, page, position
from transactional.vendors import NewVendor

router = APIRouter(tags=["vendors"])
DEFAULT_PAGE = 50


class InstallationBody(Body):
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["USD"])]
    time_zone: Annotated[str, Field(max_length=64, examples=["Europe/Warsaw"])]


class VendorBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    legal_name: Annotated[str, Field(min_length=1, max_length=200)]
    country: Country
    region: Annotated[str, Field(max_length=100)] | None = None
    ships_within_days: Annotated[int, Field(strict=True, ge=0, le=60)] = 2


class Vendor(Answer):
    vendor_id: VendorId
    name: str
    status: str
    country: str
    region: str | None
    ships_within_days: int
    stripe_account_id: str | None
    created_at: AwareDatetime


@router.put("/v1/installation")
def set_installation(body: InstallationBody, _: Operator, market: Running) -> InstallationBody:
    wanted = installation.Installation(body.currency, body.time_zone)
    with market.database.transaction() as connection:
        installation.ensure(connection, wanted)
    return body


@router.get("/v1/installation")
def read_installation(market: Running) -> InstallationBody:
    with market.database.transaction() as connection:
        present = installation.read(connection)
    return InstallationBody(currency=present.currency, time_zone=present.time_zone)


@router.post("/v1/vendors", status_code=201, response_model=Vendor)
def create_vendor(body: VendorBody, _: Operator, once: OnceOnly) -> JSONResponse:
    """A vendor under verification; it becomes active as soon as its Stripe account is there."""
    new = NewVendor(**body.model_dump())

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
    _: Operator, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Vendor]:
    with market.database.transaction() as connection:
        rows = vendors.list_page(connection, position("ven", cursor), limit)
    return page(Vendor.of_all(rows), limit, "ven", rows[-1]["vendor_id"] if rows else None)


@router.get("/v1/vendors/{vendor_id}")
def read_vendor(vendor_id: VendorId, who: VendorOrOperator, market: Running) -> Vendor:
    if who.role == "vendor" and who.subject_id != vendor_id:
        raise vendors.VendorUnknownError
    return read_vendor_row(market, vendor_id)


@router.post("/v1/vendors/{vendor_id}/suspend", response_model=Vendor)
def suspend_vendor(vendor_id: VendorId, _: Operator, once: OnceOnly) -> JSONResponse:
    def suspend(connection: Transaction) -> Vendor:
        vendors.suspend(connection, vendor_id, once.market.clock())
        return Vendor.of(vendors.read(connection, vendor_id))

    return once.answer(200, suspend)


@router.post("/v1/vendors/{vendor_id}/reinstate", response_model=Vendor)
def reinstate_vendor(vendor_id: VendorId, _: Operator, once: OnceOnly) -> JSONResponse:
    def reinstate(connection: Transaction) -> Vendor:
        vendors.reinstate(connection, vendor_id, once.market.clock())
        return Vendor.of(vendors.read(connection, vendor_id))

    return once.answer(200, reinstate)


def read_vendor_row(market: Running, vendor_id: int) -> Vendor:
    with market.database.transaction() as connection:
        return Vendor.of(vendors.read(connection, vendor_id))
