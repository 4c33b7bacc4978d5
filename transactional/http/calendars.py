"""Routes of a vendor's calendar: its open weekdays and its closures."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from transactional.database import Transaction
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.vendors import demand_own_vendor
from transactional.http.wire import Answer, Body, TypedId, VendorId
from transactional.ordering import closures

router = APIRouter(tags=["calendars"])

ClosureId = Annotated[int, TypedId("clo")]
Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]


class WeekdaysBody(Body):
    """ISO weekdays: Monday is 1."""

    open_weekdays: Annotated[set[Weekday], Field(min_length=1)]


class ClosureBody(Body):
    first_date: date
    last_date: date


class Closure(Answer):
    vendor_closure_id: ClosureId
    first_date: date
    last_date: date


class VendorCalendar(Answer):
    """A paid order ships by the end of the `ships_within_days`-th working day after its day."""

    open_weekdays: list[int]
    ships_within_days: int
    closures: list[Closure]


@router.get("/v1/vendors/{vendor_id}/calendar")
def read_calendar(vendor_id: VendorId, who: VendorOrOperator, market: Running) -> VendorCalendar:
    demand_own_vendor(who, vendor_id)
    with market.database.transaction() as connection:
        return VendorCalendar.of(closures.read(connection, vendor_id, market.clock().date()))


@router.put("/v1/vendors/{vendor_id}/calendar")
def set_weekdays(
    vendor_id: VendorId, body: WeekdaysBody, who: VendorOrOperator, market: Running
) -> VendorCalendar:
    """Promises already made stand; the new weekdays count for orders paid from now on."""
    demand_own_vendor(who, vendor_id)
    with market.database.transaction() as connection:
        closures.open_on(connection, vendor_id, frozenset(body.open_weekdays))
        return VendorCalendar.of(closures.read(connection, vendor_id, market.clock().date()))


@router.post("/v1/vendors/{vendor_id}/closures", status_code=201, response_model=Closure)
def announce_closure(
    vendor_id: VendorId, body: ClosureBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    demand_own_vendor(who, vendor_id)

    def work(connection: Transaction) -> Closure:
        first, last = body.first_date, body.last_date
        return Closure.of(closures.announce(connection, vendor_id, first, last))

    return once.answer(201, work)


@router.delete("/v1/vendors/{vendor_id}/closures/{closure_id}", status_code=204)
def withdraw_closure(
    vendor_id: VendorId, closure_id: ClosureId, who: VendorOrOperator, market: Running
) -> None:
    demand_own_vendor(who, vendor_id)
    with market.database.transaction() as connection:
        closures.withdraw(connection, vendor_id, closure_id)
