"""Images of products, by address: shown once a worker has fetched and inspected them.

The row is the task: claimed by moving `retry_at` ahead, settled only by the try that claimed it.
"""

from datetime import datetime, timedelta

from transactional import claims
from transactional.catalogue import pictures, products
from transactional.catalogue.pictures import Picture
from transactional.database import Database, Row, Transaction
from transactional.errors import ConflictError, MarketError, NotFoundError, RefusedError
from transactional.messages import outbound
from transactional.messages.outbound import CallFailedError, NothingThereError
from transactional.pauses import Pauses

MOST_PER_PRODUCT = 20
BATCH = 5
# Longer than a batch takes whose every address is slow, so that nobody fetches it twice at once.
LEASE = timedelta(minutes=6)
MOST_TRIES = 5
PAUSES = Pauses(first=timedelta(minutes=4), longest=timedelta(hours=1))
LONGEST_REFUSAL = 500
COLUMNS = (
    "product_image_id, product_id, url, status, media_type, size_bytes, width_px, height_px,"
    " refusal, created_at"
)


class ImagesFullError(RefusedError):
    """A product has at most 20 images; remove one first."""

    code = "images_full"


class ImageUnknownError(NotFoundError):
    """This product has no such image."""

    code = "image_unknown"


class ImageNotAcceptedError(ConflictError):
    """A product is shown with one of its accepted images; submit this one with POST …/images."""

    code = "image_not_accepted"


def submit(
    connection: Transaction, product_id: int, url: str, now: datetime, *, may_be_local: bool
) -> Row:
    """An image to be fetched; one that was refused is tried anew, another is as it was.

    Raises AddressRefusedError, ProductUnknownError, ImagesFullError.
    """
    outbound.demand_callable(url, may_be_local=may_be_local)
    products.lock(connection, product_id)
    present = of_product(connection, product_id)
    if len(present) >= MOST_PER_PRODUCT and url not in {image["url"] for image in present}:
        raise ImagesFullError
    connection.execute(
        "insert into product_images (product_id, url, retry_at, created_at) values (%s, %s, %s, %s)"
        " on conflict (product_id, url) do update"
        " set status = 'pending', refusal = null, attempts = 0, retry_at = excluded.retry_at"
        " where product_images.status = 'refused'",
        (product_id, url, now, now),
    )
    return next(image for image in of_product(connection, product_id) if image["url"] == url)


def of_product(connection: Transaction, product_id: int) -> list[Row]:
    return connection.execute(
        f"select {COLUMNS} from product_images where product_id = %s order by product_image_id",
        (product_id,),
    ).fetchall()


def show(connection: Transaction, product_id: int, url: str) -> None:
    """Have the product shown with this image of it. Raises ImageNotAcceptedError."""
    shown = connection.execute(
        "update products set image_url = product_images.url from product_images"
        " where products.product_id = %s and product_images.product_id = products.product_id"
        " and product_images.url = %s and product_images.status = 'accepted'",
        (product_id, url),
    )
    if shown.rowcount == 0:
        raise ImageNotAcceptedError


def remove(connection: Transaction, product_id: int, product_image_id: int) -> None:
    """The oldest accepted one that is left takes the place of the one that was shown.

    Raises ProductUnknownError, ImageUnknownError.
    """
    products.lock(connection, product_id)
    removed = connection.execute(
        "delete from product_images where product_id = %s and product_image_id = %s returning url",
        (product_id, product_image_id),
    ).fetchone()
    if removed is None:
        raise ImageUnknownError
    connection.execute(
        "update products set image_url = (select url from product_images"
        " where product_id = %(product_id)s and status = 'accepted'"
        " order by product_image_id limit 1)"
        " where product_id = %(product_id)s and image_url = %(url)s",
        {"product_id": product_id, "url": removed["url"]},
    )


def fetch_due(database: Database, may_be_local: bool, now: datetime) -> int:
    """Fetch and inspect what waits, outside any transaction; returns how many were tried."""
    with database.transaction() as connection:
        claimed = _claim(connection, now)
    return claims.each(
        "product_image",
        claimed,
        lambda image: _fetch(database, image, now, may_be_local=may_be_local),
    )


def _claim(connection: Transaction, now: datetime) -> list[Row]:
    return connection.execute(
        "update product_images set attempts = attempts + 1, retry_at = %s"
        " where product_image_id in (select product_image_id from product_images"
        " where status = 'pending' and retry_at <= %s"
        " order by retry_at limit %s for update skip locked)"
        " returning product_image_id, product_id, url, attempts",
        (now + LEASE, now, BATCH),
    ).fetchall()


def _fetch(database: Database, image: Row, now: datetime, *, may_be_local: bool) -> None:
    try:
        body = outbound.get(image["url"], pictures.LARGEST_BYTES, may_be_local=may_be_local)
        picture = pictures.inspect(body)
    except (RefusedError, CallFailedError) as error:
        with database.transaction() as connection:
            _fail(connection, image, error, now)
    else:
        with database.transaction() as connection:
            _accept(connection, image, picture)


def _accept(connection: Transaction, image: Row, picture: Picture) -> None:
    """The first one accepted is what the product is shown with, unless it has a picture.

    The product is locked first, as by whoever submits or removes an image: none wait in a ring.
    """
    products.lock(connection, image["product_id"])
    accepted = connection.execute(
        "update product_images set status = 'accepted', media_type = %s, size_bytes = %s,"
        " width_px = %s, height_px = %s"
        " where product_image_id = %s and attempts = %s and status = 'pending'",
        (
            *(picture.media_type, picture.size_bytes, picture.width_px, picture.height_px),
            *(image["product_image_id"], image["attempts"]),
        ),
    )
    if accepted.rowcount == 1:
        connection.execute(
            "update products set image_url = %s where product_id = %s and image_url is null",
            (image["url"], image["product_id"]),
        )


def _fail(connection: Transaction, image: Row, error: MarketError, now: datetime) -> None:
    """Refused for good, or tried again later where the address only failed to answer."""
    is_passing = isinstance(error, CallFailedError) and not isinstance(error, NothingThereError)
    is_refused = not is_passing or image["attempts"] >= MOST_TRIES
    connection.execute(
        "update product_images set status = %s, refusal = %s, retry_at = %s"
        " where product_image_id = %s and attempts = %s and status = 'pending'",
        (
            "refused" if is_refused else "pending",
            str(error)[:LONGEST_REFUSAL] if is_refused else None,
            now + PAUSES.after(image["attempts"]),
            *(image["product_image_id"], image["attempts"]),
        ),
    )
