"""Routes of stock: many offers counted at once, and the journal of one."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field, model_validator

from transactional import ids
from transactional.catalogue import offers
from transactional.database import Transaction
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.wire import (
    LARGEST_UNITS,
    Answer,
    Body,
    Limit,
    OfferId,
    OrderId,
    Page,
    StockMoveId,
    Units,
    page,
)
from transactional.ordering import stock, stock_counts
from transactional.ordering.stock_counts import Count

router = APIRouter(tags=["catalogue"])
DEFAULT_PAGE = 50
MOST_COUNTS = 1_000


class CountBody(Body):
    """Either how many units are free to sell now, or how many came in (below zero: were lost)."""

    offer_id: OfferId
    set_units: Units | None = None
    add_units: Annotated[int, Field(strict=True, ge=-LARGEST_UNITS, le=LARGEST_UNITS)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.set_units is None) == (self.add_units is None):
            raise ValueError("send either set_units or add_units")
        return self

    def count(self) -> Count:
        if self.set_units is not None:
            return Count(self.offer_id, self.set_units, is_total=True)
        return Count(self.offer_id, self.add_units or 0, is_total=False)


class StockBody(Body):
    counts: Annotated[list[CountBody], Field(min_length=1, max_length=MOST_COUNTS)]


class CountedAnswer(Answer):
    offer_id: OfferId
    outcome: Literal["moved", "unchanged", "offer_unknown", "units_lacking"]
    available_units: int | None


class StockAnswer(Answer):
    """One result per count, in their order; those that could be done are done."""

    results: list[CountedAnswer]


class StockMove(Answer):
    """What one movement added to the three counts of an offer's units."""

    stock_move_id: StockMoveId
    order_id: OrderId | None
    kind: str
    available_units: int
    held_units: int
    sold_units: int
    occurred_at: AwareDatetime


@router.post("/v1/stock/bulk", response_model=StockAnswer)
def count_stock(body: StockBody, who: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    """Up to 1,000 counts; a vendor's own offers only."""
    counts = [count.count() for count in body.counts]
    vendor_id = who.subject_id if who.role == "vendor" else None

    def apply(connection: Transaction) -> StockAnswer:
        counted = stock_counts.apply(connection, counts, vendor_id, once.market.clock())
        rows = [
            {
                "offer_id": one.offer_id,
                "outcome": one.outcome,
                "available_units": one.available_units,
            }
            for one in counted
        ]
        return StockAnswer.of({"results": rows})

    return once.answer(200, apply)


@router.get("/v1/offers/{offer_id}/stock-moves")
def list_stock_moves(
    offer_id: OfferId,
    who: VendorOrOperator,
    market: Running,
    cursor: str | None = None,
    limit: Limit = DEFAULT_PAGE,
) -> Page[StockMove]:
    """The offer's journal, newest first: its stock is the sum of these."""
    before = None if cursor is None else ids.internal("stm", cursor)
    with market.database.transaction() as connection:
        offer = offers.read_offer(connection, offer_id)
        if who.role == "vendor" and offer["vendor_id"] != who.subject_id:
            raise offers.OfferUnknownError
        rows = stock.moves_of(connection, offer_id, before, limit)
    return page(StockMove, rows, limit, "stm", "stock_move_id")
