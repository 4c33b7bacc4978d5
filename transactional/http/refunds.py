"""Routes of refunds: by operators, by vendors of what they sold, and for shoppers to look at."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import ids
from transactional.access.tokens import Caller
from transactional.database import Row, Transaction
from transactional.http.market import OnceOnly, Operator, Running, Shopper, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    Cents,
    Limit,
    LineId,
    OrderId,
    Page,
    RefundId,
    Units,
    VendorId,
    VendorOrderId,
    page,
)
from transactional.ordering import orders
from transactional.settlement import refund_outcomes, refunds
from transactional.settlement.refund_sharing import RefundedLine

router = APIRouter(tags=["refunds"])
MOST_LINES = 200
DEFAULT_PAGE = 50

Origin = Literal["refund", "late_capture", "chargeback"]
Status = Literal["due", "sending", "pending", "succeeded", "failed"]


class RefundedLineBody(Body):
    """With nothing but the line: all that is left of it.

    With a quantity these units' share of the items, and the shipping with the last of them.
    """

    line_id: LineId
    quantity: Units | None = None
    items_cents: Cents | None = None
    shipping_cents: Cents | None = None
    restock: bool = False


class RefundBody(Body):
    """Without lines: all that is left of the order, or of what the vendor sold in it."""

    lines: Annotated[list[RefundedLineBody], Field(min_length=1, max_length=MOST_LINES)] | None = (
        None
    )
    reason: Literal["shopper_request", "operator"] = "shopper_request"


class RefundLine(Answer):
    line_id: LineId
    vendor_order_id: VendorOrderId
    vendor_id: VendorId
    quantity: int
    restocked_units: int
    items_cents: int
    shipping_cents: int
    tax_cents: int
    withheld_tax_cents: int
    commission_cents: int
    commission_tax_cents: int
    vendor_cents: int


class Refund(Answer):
    """`vendor_cents` is what vendors bear of it; the rest are fees and taxes that go back too."""

    refund_id: RefundId
    order_id: OrderId
    origin: Origin
    status: Status
    reason: str
    amount_cents: int
    vendor_cents: int
    failure_code: str | None
    created_at: AwareDatetime
    answered_at: AwareDatetime | None
    lines: list[RefundLine]


class GivenBack(Answer):
    """Of a line: the price of its units, and of its shipping."""

    line_id: LineId
    quantity: int
    items_cents: int
    shipping_cents: int


class ShopperRefund(Answer):
    """`origin` late_capture: the whole of a payment that came after its order was given up."""

    refund_id: RefundId
    order_id: OrderId
    origin: Origin
    status: Status
    amount_cents: int
    created_at: AwareDatetime
    answered_at: AwareDatetime | None
    lines: list[GivenBack]


class Refunds(Answer):
    data: list[Refund]


@router.post("/v1/orders/{order_id}/refunds", status_code=201, response_model=Refund)
def refund_order(
    order_id: OrderId, body: RefundBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    """Give money back, never more than is left; a worker sends it at once."""

    def work(connection: Transaction) -> Refund:
        orders.lock(connection, order_id)
        refunds.refuse_disputed(connection, order_id)
        wanted = _wanted(connection, order_id, body, who)
        now = once.market.clock()
        refund_id = refunds.queue(connection, order_id, wanted, body.reason, now)
        return Refund.of(_own(connection, refund_id, who))

    return once.answer(201, work)


@router.get("/v1/orders/{order_id}/refunds")
def list_refunds(order_id: OrderId, who: VendorOrOperator, market: Running) -> Refunds:
    """Newest first; a vendor sees its own lines of them."""
    with market.database.transaction() as connection:
        _demand_seen(connection, order_id)
        rows = refunds.list_of_order(connection, order_id, _vendor_of(who))
    return Refunds(data=Refund.of_all(rows))


@router.get("/v1/refunds")
def list_own_refunds(
    who: Shopper, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[ShopperRefund]:
    """What goes back to the shopper, newest first."""
    assert who.subject_id is not None, "the schema gives every shopper token its subject"
    before = None if cursor is None else ids.internal("ref", cursor)
    with market.database.transaction() as connection:
        rows = refunds.list_of_shopper(connection, who.subject_id, before, limit)
    return page(ShopperRefund, rows, limit, "ref", "refund_id")


@router.get("/v1/refunds/{refund_id}")
def read_refund(refund_id: RefundId, who: VendorOrOperator, market: Running) -> Refund:
    with market.database.transaction() as connection:
        return Refund.of(_own(connection, refund_id, who))


@router.post("/v1/refunds/{refund_id}/repeat", response_model=Refund)
def repeat_refund(refund_id: RefundId, _: Operator, once: OnceOnly) -> JSONResponse:
    """Send a refund again that the shopper's bank returned; its money is kept until then."""

    def work(connection: Transaction) -> Refund:
        return Refund.of(refund_outcomes.repeat(connection, refund_id, once.market.clock()))

    return once.answer(200, work)


def _wanted(
    connection: Transaction, order_id: int, body: RefundBody, who: Caller
) -> list[RefundedLine]:
    """Raises RefundLineUnknownError for a line that another vendor sold."""
    own = [
        line.line_id
        for line in refunds.lines_left(connection, order_id)
        if who.role == "operator" or line.vendor_id == who.subject_id
    ]
    if body.lines is None:
        return [RefundedLine(line_id) for line_id in own]
    if foreign := [line.line_id for line in body.lines if line.line_id not in own]:
        raise refunds.RefundLineUnknownError(line_id=f"lin_{foreign[0]}")
    return [
        RefundedLine(
            line.line_id, line.quantity, line.items_cents, line.shipping_cents, line.restock
        )
        for line in body.lines
    ]


def _own(connection: Transaction, refund_id: int, who: Caller) -> Row:
    """A refund of other vendors' lines is as good as none."""
    return refunds.read(connection, refund_id, _vendor_of(who))


def _demand_seen(connection: Transaction, order_id: int) -> None:
    """The database shows a vendor only orders that it has a part in."""
    found = connection.execute("select from orders where order_id = %s", (order_id,))
    if found.rowcount == 0:
        raise orders.OrderUnknownError


def _vendor_of(who: Caller) -> int | None:
    return who.subject_id if who.role == "vendor" else None
