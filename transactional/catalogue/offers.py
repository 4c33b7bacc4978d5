"""Offers: which product, or variant of one, a vendor sells, and for how much."""

from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg

from transactional.catalogue.products import ProductUnknownError, VariantUnknownError
from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError
from transactional.facts import outbox
from transactional.ordering import stock

OFFERS = (
    "select offer_id, product_id, variant_id, vendor_id, sku, price_cents, offers.status,"
    " offers.status = 'active' and vendors.status = 'active' as is_for_sale, offers.version,"
    " offers.created_at, available_units, low_stock_threshold"
    " from offers join stock using (offer_id) join vendors using (vendor_id)"
)


class OfferUnknownError(NotFoundError):
    """There is no such offer, or it is not yours."""

    code = "offer_unknown"


class SkuTakenError(ConflictError):
    """This vendor has an offer with this SKU already."""

    code = "sku_taken"


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
    variant_id: int | None = None


def create_offer(connection: Transaction, new: NewOffer, now: datetime) -> Row:
    """An offer with its opening stock.

    Raises ProductUnknownError, VariantUnknownError, SkuTakenError.
    """
    try:
        offer = connection.execute(
            "insert into offers (product_id, variant_id, vendor_id, sku, price_cents) values"
            " (%(product_id)s, %(variant_id)s, %(vendor_id)s, %(sku)s, %(price_cents)s)"
            " returning offer_id",
            asdict(new),
        ).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        is_variant = error.diag.constraint_name == "offers_variant_id_product_id_fkey"
        raise (VariantUnknownError if is_variant else ProductUnknownError) from error
    except psycopg.errors.UniqueViolation as error:
        raise SkuTakenError from error
    assert offer is not None, "an insert returns its row"
    stock.open_offer(
        connection, offer["offer_id"], new.available_units, new.low_stock_threshold, now
    )
    outbox.write_offer(connection, offer["offer_id"], now)
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
    outbox.write_offer(connection, offer_id, now)
    if change.low_stock_threshold is not None:
        stock.set_threshold(connection, offer_id, change.low_stock_threshold, now)
    return read_offer(connection, offer_id)
