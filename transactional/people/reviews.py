"""Reviews: one to five stars for a delivered line, by the shopper who bought it, once."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import psycopg

from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError

EDITABLE_FOR = timedelta(days=30)
COLUMNS = "review_id, line_id, product_id, vendor_id, stars, text, created_at, edited_at"


class LineUnknownError(NotFoundError):
    """There is no such line, or it is not yours."""

    code = "line_unknown"


class ReviewUnknownError(NotFoundError):
    """There is no such review, or it is not yours."""

    code = "review_unknown"


class LineNotDeliveredError(ConflictError):
    """A line is reviewed once it is delivered."""

    code = "line_not_delivered"


class LineReviewedError(ConflictError):
    """This line has been reviewed; PATCH /v1/reviews/… changes a review for 30 days."""

    code = "line_reviewed"


class ReviewSettledError(ConflictError):
    """A review can be changed for 30 days; this one is older."""

    code = "review_settled"


@dataclass(frozen=True, slots=True)
class Opinion:
    stars: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """All shown reviews of a product; their mean is stars_sum / review_count."""

    review_count: int
    stars_sum: int


def write(
    connection: Transaction,
    line_id: int,
    shopper_pseudonym: int,
    opinion: Opinion,
    now: datetime,
) -> Row:
    """Raises LineUnknownError, LineNotDeliveredError, LineReviewedError."""
    line = connection.execute(
        "select product_id, order_lines.vendor_id, vendor_orders.status from order_lines"
        " join vendor_orders using (vendor_order_id)"
        " where line_id = %s and vendor_orders.shopper_pseudonym = %s",
        (line_id, shopper_pseudonym),
    ).fetchone()
    if line is None:
        raise LineUnknownError
    if line["status"] != "delivered":
        raise LineNotDeliveredError(status=line["status"])
    values = line | asdict(opinion) | {"line_id": line_id, "pseudonym": shopper_pseudonym}
    return _insert(connection, values | {"now": now})


def edit(
    connection: Transaction,
    review_id: int,
    shopper_pseudonym: int,
    opinion: Opinion,
    now: datetime,
) -> Row:
    """Raises ReviewUnknownError, ReviewSettledError."""
    row = connection.execute(
        "update reviews set stars = %s, text = %s, edited_at = %s"
        " where review_id = %s and shopper_pseudonym = %s and removed_at is null"
        f" returning {COLUMNS}",
        (opinion.stars, opinion.text, now, review_id, shopper_pseudonym),
    ).fetchone()
    if row is None:
        raise ReviewUnknownError
    if row["created_at"] + EDITABLE_FOR < now:
        raise ReviewSettledError
    return row


def remove(connection: Transaction, review_id: int, reason: str, now: datetime) -> Row:
    """Show and count it no more, for good. Repeating changes nothing; raises ReviewUnknownError."""
    row = connection.execute(
        "update reviews set removed_at = coalesce(removed_at, %s),"
        " removal_reason = coalesce(removal_reason, %s) where review_id = %s"
        f" returning {COLUMNS}, removed_at, removal_reason",
        (now, reason, review_id),
    ).fetchone()
    if row is None:
        raise ReviewUnknownError
    return row


def list_of_product(connection: Transaction, product_id: int, before: int, limit: int) -> list[Row]:
    """Newest first."""
    return connection.execute(
        f"select {COLUMNS} from reviews where product_id = %s and review_id < %s"
        " and removed_at is null order by review_id desc limit %s",
        (product_id, before, limit),
    ).fetchall()


def rating(connection: Transaction, product_id: int) -> Rating:
    row = connection.execute(
        "select count(*) as review_count, coalesce(sum(stars), 0) as stars_sum"
        " from reviews where product_id = %s and removed_at is null",
        (product_id,),
    ).fetchone()
    assert row is not None, "an aggregate has one row"
    return Rating(**row)


def _insert(connection: Transaction, values: Row) -> Row:
    try:
        row = connection.execute(
            "insert into reviews (line_id, product_id, vendor_id, shopper_pseudonym, stars, text,"
            " created_at) values (%(line_id)s, %(product_id)s, %(vendor_id)s, %(pseudonym)s,"
            f" %(stars)s, %(text)s, %(now)s) returning {COLUMNS}",
            values,
        ).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise LineReviewedError from error
    assert row is not None, "an insert returns its row"
    return row
