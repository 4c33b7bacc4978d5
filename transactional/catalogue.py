"""Categories, products and offers: what is sold, by whom, for how much."""

from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg

from transactional import facts, stock
from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError

OFFERS = (
    "select offer_id, product_id, vendor_id, sku, price_cents, status, offers.version, created_at,"
    " available_units, low_stock_threshold from offers join stock using (offer_id)"
)


class CategoryUnknownError(NotFoundError):
    """There is no such category."""

    code = "category_unknown"


class ProductUnknownError(NotFoundError):
    """There is no such product."""

    code = "product_unknown"


class OfferUnknownError(NotFoundError):
    """There is no such offer, or it is not yours."""

    code = "offer_unknown"


class SkuTakenError(ConflictError):
    """This vendor has an offer with this SKU already."""

    code = "sku_taken"


@dataclass(frozen=True, slots=True)
class NewProduct:
    title: str
    category_id: int | None = None
    brand: str | None = None
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class OfferChange:
    """None leaves a value as it is."""

    price_cents: int | None = None
    status: str | None = None
    low_stock_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class NewOffer:
    product_id: int
    vendor_id: int
    sku: str
    price_cents: int
    available_units: int
    low_stock_threshold: int


def create_category(connection: Transaction, name: str, parent_id: int | None) -> Row:
    """Raises CategoryUnknownError for the parent."""
    try:
        return _only_row(
            connection,
            "insert into categories (name, parent_id) values (%(name)s, %(parent_id)s)"
            " returning category_id, parent_id, name",
            {"name": name, "parent_id": parent_id},
        )
    except psycopg.errors.ForeignKeyViolation as error:
        raise CategoryUnknownError from error


def list_categories(connection: Transaction, after: int, limit: int) -> list[Row]:
    return connection.execute(
        "select category_id, parent_id, name from categories where category_id > %s"
        " order by category_id limit %s",
        (after, limit),
    ).fetchall()


def create_product(connection: Transaction, new: NewProduct) -> Row:
    """Raises CategoryUnknownError."""
    try:
        return _only_row(
            connection,
            "insert into products (title, category_id, brand, image_url)"
            " values (%(title)s, %(category_id)s, %(brand)s, %(image_url)s)"
            " returning product_id, category_id, title, brand, image_url, created_at",
            asdict(new),
        )
    except psycopg.errors.ForeignKeyViolation as error:
        raise CategoryUnknownError from error


def read_product(connection: Transaction, product_id: int) -> Row:
    """Raises ProductUnknownError."""
    rows = list_products(connection, product_id - 1, 1)
    if not rows or rows[0]["product_id"] != product_id:
        raise ProductUnknownError
    return rows[0]


def list_products(connection: Transaction, after: int, limit: int) -> list[Row]:
    return connection.execute(
        "select product_id, category_id, title, brand, image_url, created_at from products"
        " where product_id > %s order by product_id limit %s",
        (after, limit),
    ).fetchall()


def create_offer(connection: Transaction, new: NewOffer, now: datetime) -> Row:
    """An offer with its opening stock. Raises ProductUnknownError, SkuTakenError."""
    try:
        offer = _only_row(
            connection,
            "insert into offers (product_id, vendor_id, sku, price_cents)"
            " values (%(product_id)s, %(vendor_id)s, %(sku)s, %(price_cents)s) returning offer_id",
            asdict(new),
        )
    except psycopg.errors.ForeignKeyViolation as error:
        raise ProductUnknownError from error
    except psycopg.errors.UniqueViolation as error:
        raise SkuTakenError from error
    connection.execute(
        "insert into stock (offer_id, received_units, available_units, low_stock_threshold)"
        " values (%s, %s, %s, %s)",
        (offer["offer_id"], new.available_units, new.available_units, new.low_stock_threshold),
    )
    facts.write_offer(connection, offer["offer_id"], now)
    return read_offer(connection, offer["offer_id"])


def read_offer(connection: Transaction, offer_id: int) -> Row:
    """Raises OfferUnknownError."""
    row = connection.execute(f"{OFFERS} where offer_id = %s", (offer_id,)).fetchone()
    if row is None:
        raise OfferUnknownError
    return row


def list_offers(
    connection: Transaction, vendor_id: int | None, after: int, limit: int
) -> list[Row]:
    return connection.execute(
        f"{OFFERS} where (%s::bigint is null or vendor_id = %s) and offer_id > %s"
        " order by offer_id limit %s",
        (vendor_id, vendor_id, after, limit),
    ).fetchall()


def change_offer(connection: Transaction, offer_id: int, change: OfferChange, now: datetime) -> Row:
    """A new price, status or threshold from now on; orders keep what they froze.

    Raises OfferUnknownError.
    """
    changed = connection.execute(
        "update offers set price_cents = coalesce(%(price_cents)s, price_cents),"
        " status = coalesce(%(status)s, status), version = version + 1"
        " where offer_id = %(offer_id)s",
        asdict(change) | {"offer_id": offer_id},
    )
    if changed.rowcount == 0:
        raise OfferUnknownError
    facts.write_offer(connection, offer_id, now)
    if change.low_stock_threshold is not None:
        stock.set_threshold(connection, offer_id, change.low_stock_threshold, now)
    return read_offer(connection, offer_id)


def _only_row(connection: Transaction, query: str, values: dict[str, object]) -> Row:
    row = connection.execute(query, values).fetchone()
    assert row is not None, "an insert returns its row"
    return row
