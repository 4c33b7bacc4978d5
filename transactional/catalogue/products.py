"""Products and their variants: what is sold, whoever sells it.

A product belongs to the market. A vendor may change one that no other vendor sells; one that
several sell is an operator's to change.
"""

from dataclasses import asdict, dataclass, field

import psycopg
from psycopg.types.json import Jsonb

from transactional.catalogue.categories import CategoryUnknownError
from transactional.database import Row, Transaction
from transactional.errors import ConflictError, NotFoundError

COLUMNS = "product_id, category_id, title, brand, image_url, weight_grams, created_at"
VARIANT_COLUMNS = "variant_id, product_id, name, attributes, weight_grams, created_at"
MOST_VARIANTS = 500


class ProductUnknownError(NotFoundError):
    """There is no such product."""

    code = "product_unknown"


class ProductSharedError(ConflictError):
    """Other vendors sell this product too; ask the market's operator to change it."""

    code = "product_shared"


class VariantUnknownError(NotFoundError):
    """This product has no such variant."""

    code = "variant_unknown"


class VariantNameTakenError(ConflictError):
    """This product has a variant of this name already."""

    code = "variant_name_taken"


class VariantsFullError(ConflictError):
    """A product has at most 500 variants; make another product."""

    code = "variants_full"


@dataclass(frozen=True, slots=True)
class NewProduct:
    title: str
    category_id: int | None = None
    brand: str | None = None
    weight_grams: int = 500


@dataclass(frozen=True, slots=True)
class ProductChange:
    """None leaves a value as it is."""

    title: str | None = None
    category_id: int | None = None
    brand: str | None = None
    weight_grams: int | None = None


@dataclass(frozen=True, slots=True)
class NewVariant:
    """Without a weight of its own it weighs what its product does."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    weight_grams: int | None = None


@dataclass(frozen=True, slots=True)
class VariantChange:
    """None leaves a value as it is."""

    name: str | None = None
    attributes: dict[str, str] | None = None
    weight_grams: int | None = None


def create(connection: Transaction, new: NewProduct) -> Row:
    """Raises CategoryUnknownError."""
    try:
        row = connection.execute(
            "insert into products (title, category_id, brand, weight_grams)"
            " values (%(title)s, %(category_id)s, %(brand)s, %(weight_grams)s)"
            f" returning {COLUMNS}",
            asdict(new),
        ).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        raise CategoryUnknownError from error
    assert row is not None, "an insert returns its row"
    return row


def read(connection: Transaction, product_id: int) -> Row:
    """Raises ProductUnknownError."""
    row = connection.execute(
        f"select {COLUMNS} from products where product_id = %s", (product_id,)
    ).fetchone()
    if row is None:
        raise ProductUnknownError
    return row


def lock(connection: Transaction, product_id: int) -> None:
    """No other adds to it until this transaction ends. Raises ProductUnknownError."""
    locked = connection.execute(
        "select from products where product_id = %s for no key update", (product_id,)
    )
    if locked.rowcount == 0:
        raise ProductUnknownError


def list_page(connection: Transaction, after: int, limit: int) -> list[Row]:
    return connection.execute(
        f"select {COLUMNS} from products where product_id > %s order by product_id limit %s",
        (after, limit),
    ).fetchall()


def change(connection: Transaction, product_id: int, change: ProductChange) -> Row:
    """Raises ProductUnknownError, CategoryUnknownError."""
    try:
        row = connection.execute(
            "update products set title = coalesce(%(title)s, title),"
            " category_id = coalesce(%(category_id)s, category_id),"
            " brand = coalesce(%(brand)s, brand),"
            " weight_grams = coalesce(%(weight_grams)s, weight_grams)"
            f" where product_id = %(product_id)s returning {COLUMNS}",
            asdict(change) | {"product_id": product_id},
        ).fetchone()
    except psycopg.errors.ForeignKeyViolation as error:
        raise CategoryUnknownError from error
    if row is None:
        raise ProductUnknownError
    return row


def demand_unshared(connection: Transaction, product_id: int, vendor_id: int) -> None:
    """Raises ProductUnknownError, and ProductSharedError where another vendor offers it."""
    read(connection, product_id)
    others = connection.execute(
        "select from offers where product_id = %s and vendor_id <> %s limit 1",
        (product_id, vendor_id),
    )
    if others.rowcount:
        raise ProductSharedError


def create_variant(connection: Transaction, product_id: int, new: NewVariant) -> Row:
    """Raises ProductUnknownError, VariantNameTakenError, VariantsFullError."""
    lock(connection, product_id)
    if len(variants(connection, product_id)) >= MOST_VARIANTS:
        raise VariantsFullError
    return _written_variant(
        connection,
        "insert into variants (product_id, name, attributes, weight_grams)"
        " values (%(product_id)s, %(name)s, %(attributes)s, %(weight_grams)s)",
        asdict(new) | {"product_id": product_id, "attributes": Jsonb(new.attributes)},
    )


def variants(connection: Transaction, product_id: int) -> list[Row]:
    return connection.execute(
        f"select {VARIANT_COLUMNS} from variants where product_id = %s order by variant_id",
        (product_id,),
    ).fetchall()


def read_variant(connection: Transaction, variant_id: int) -> Row:
    """Raises VariantUnknownError."""
    row = connection.execute(
        f"select {VARIANT_COLUMNS} from variants where variant_id = %s", (variant_id,)
    ).fetchone()
    if row is None:
        raise VariantUnknownError
    return row


def change_variant(connection: Transaction, variant_id: int, change: VariantChange) -> Row:
    """Raises VariantUnknownError, VariantNameTakenError."""
    attributes = None if change.attributes is None else Jsonb(change.attributes)
    return _written_variant(
        connection,
        "update variants set name = coalesce(%(name)s, name),"
        " attributes = coalesce(%(attributes)s, attributes),"
        " weight_grams = coalesce(%(weight_grams)s, weight_grams)"
        " where variant_id = %(variant_id)s",
        asdict(change) | {"variant_id": variant_id, "attributes": attributes},
    )


def _written_variant(connection: Transaction, query: str, values: dict[str, object]) -> Row:
    try:
        row = connection.execute(f"{query} returning {VARIANT_COLUMNS}", values).fetchone()
    except psycopg.errors.UniqueViolation as error:
        raise VariantNameTakenError from error
    if row is None:
        raise VariantUnknownError
    return row
