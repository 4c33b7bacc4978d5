"""Routes of quotes, orders and their payment."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from transactional import ids
from transactional.access.tokens import Caller
from transactional.checkout import carts
from transactional.database import Transaction
from transactional.http.cart_bodies import CartBody, Quote, quote_answer
from transactional.http.market import Anyone, OnceOnly, Running, Shopper
from transactional.http.order_answers import Order
from transactional.http.wire import Limit, OrderId, Page, page
from transactional.ordering import orders

router = APIRouter(tags=["orders"])
DEFAULT_PAGE = 20


@router.post("/v1/quote")
def quote(body: CartBody, who: Shopper, market: Running) -> Quote:
    """Today's price of a cart, split by vendor; holds nothing, so it needs no Idempotency-Key."""
    with market.database.transaction() as connection:
        destination = body.destination(who.subject_id)
        return quote_answer(carts.quote(connection, body.wanted(), destination, market.clock()))


@router.post("/v1/orders", status_code=201)
def place_order(body: CartBody, who: Shopper, once: OnceOnly) -> Order:
    """All units are held for 15 minutes, or none are."""
    raise AssertionError("http/desk.py answers this in front of the app; here it is only declared")


@router.get("/v1/orders")
def list_orders(
    who: Shopper, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Order]:
    assert who.subject_id is not None, "the schema gives every shopper token its subject"
    before = None if cursor is None else ids.internal("ord", cursor)
    with market.database.transaction() as connection:
        rows = orders.list_of_shopper(connection, who.subject_id, before, limit)
    return page(Order, rows, limit, "ord", "order_id")


@router.get("/v1/orders/{order_id}")
def read_order(order_id: OrderId, who: Anyone, market: Running) -> Order:
    with market.database.transaction() as connection:
        demand_own(connection, who, order_id)
        return order_answer(connection, order_id)


@router.post("/v1/orders/{order_id}/cancel", response_model=Order)
def cancel_order(order_id: OrderId, who: Anyone, once: OnceOnly) -> JSONResponse:
    """Before payment only."""

    def cancel(connection: Transaction) -> Order:
        demand_own(connection, who, order_id)
        orders.cancel(connection, order_id, once.market.clock())
        return order_answer(connection, order_id)

    return once.answer(200, cancel)


def order_answer(connection: Transaction, order_id: int) -> Order:
    return Order.of(orders.read(connection, order_id))


def demand_own(connection: Transaction, who: Caller, order_id: int) -> None:
    """A foreign order is as good as none."""
    is_seen = who.role == "operator" or (
        who.role == "shopper" and orders.belongs_to(connection, order_id, who.subject_id)
    )
    if not is_seen:
        raise orders.OrderUnknownError
