"""Routes of reviews."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional import ids
from transactional.access.tokens import Caller
from transactional.catalogue import products
from transactional.database import Transaction
from transactional.http.market import OnceOnly, Operator, Running, Shopper
from transactional.http.wire import (
    Answer,
    Body,
    Limit,
    LineId,
    ProductId,
    ReviewId,
    VendorId,
    page,
)
from transactional.people import reviews
from transactional.people.reviews import Opinion

router = APIRouter(tags=["reviews"])
DEFAULT_PAGE = 20


class ReviewBody(Body):
    stars: Annotated[int, Field(strict=True, ge=1, le=5)]
    text: Annotated[str, Field(min_length=1, max_length=5_000)] | None = None


class RemovalBody(Body):
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class Review(Answer):
    """Who wrote it is not shown; that the line was delivered to them is certain."""

    review_id: ReviewId
    product_id: ProductId
    vendor_id: VendorId
    stars: int
    text: str | None
    created_at: AwareDatetime
    edited_at: AwareDatetime | None


class OwnReview(Review):
    line_id: LineId


class RemovedReview(Review):
    removed_at: AwareDatetime
    removal_reason: str


class Reviews(Answer):
    """A page of reviews; the mean of all of them is stars_sum / review_count, null without any."""

    review_count: int
    stars_sum: int
    stars_mean: float | None
    data: list[Review]
    next_cursor: str | None


@router.post("/v1/lines/{line_id}/review", status_code=201, response_model=OwnReview)
def write_review(line_id: LineId, body: ReviewBody, who: Shopper, once: OnceOnly) -> JSONResponse:
    """Once for each delivered line."""
    opinion = Opinion(body.stars, body.text)

    def write(connection: Transaction) -> OwnReview:
        now = once.market.clock()
        return OwnReview.of(reviews.write(connection, line_id, _pseudonym(who), opinion, now))

    return once.answer(201, write)


@router.patch("/v1/reviews/{review_id}")
def edit_review(review_id: ReviewId, body: ReviewBody, who: Shopper, market: Running) -> OwnReview:
    """One's own, for 30 days: stars and text are replaced."""
    opinion = Opinion(body.stars, body.text)
    with market.database.transaction() as connection:
        now = market.clock()
        return OwnReview.of(reviews.edit(connection, review_id, _pseudonym(who), opinion, now))


@router.post("/v1/reviews/{review_id}/remove", response_model=RemovedReview)
def remove_review(
    review_id: ReviewId, body: RemovalBody, _: Operator, once: OnceOnly
) -> JSONResponse:
    """Shown and counted no more; its line cannot be reviewed again."""

    def remove(connection: Transaction) -> RemovedReview:
        return RemovedReview.of(
            reviews.remove(connection, review_id, body.reason, once.market.clock())
        )

    return once.answer(200, remove)


@router.get("/v1/products/{product_id}/reviews")
def list_reviews(
    product_id: ProductId, market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Reviews:
    """Newest first."""
    before = ids.LARGEST_KEY if cursor is None else ids.internal("rev", cursor)
    with market.database.transaction() as connection:
        products.read(connection, product_id)
        rating = reviews.rating(connection, product_id)
        rows = reviews.list_of_product(connection, product_id, before, limit)
    shown = page(Review, rows, limit, "rev", "review_id")
    return Reviews(
        review_count=rating.review_count,
        stars_sum=rating.stars_sum,
        stars_mean=rating.stars_sum / rating.review_count if rating.review_count else None,
        data=shown.data,
        next_cursor=shown.next_cursor,
    )


def _pseudonym(who: Caller) -> int:
    assert who.shopper_pseudonym is not None, "a shopper has a pseudonym"
    return who.shopper_pseudonym
