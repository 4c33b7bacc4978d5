"""What a batch of catalogue rows changes, decided before anything is written: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from transactional.catalogue.rows import CatalogueRow, Fault
from transactional.database import Row

Value = TypeVar("Value")

DEFAULT_WEIGHT_GRAMS = 500
DEFAULT_THRESHOLD = 5
# Of a product itself, in place of the offer; as the columns of the file name them.
PRODUCT_VALUES = {
    "title": "title",
    "category": "category_id",
    "brand": "brand",
    "weight_grams": "weight_grams",
}


@dataclass(frozen=True)
class Known:
    """The present: this vendor's offers by SKU, products that are named, and free keys."""

    offers: Mapping[str, Row]
    product_ids: frozenset[int]
    new_product_ids: Iterator[int]
    new_offer_ids: Iterator[int]


@dataclass
class Plan:
    """Rows of columns to write, by table; the keys are drawn already."""

    products: list[tuple[int, str, int | None, str | None, int]] = field(default_factory=list)
    product_changes: list[tuple[int, str | None, int | None, str | None, int | None]] = field(
        default_factory=list
    )
    variants: list[tuple[int, str]] = field(default_factory=list)
    offers: list[tuple[int, int, str | None, str, int, str, int, int]] = field(default_factory=list)
    offer_changes: list[tuple[int, int | None, str | None]] = field(default_factory=list)
    thresholds: list[tuple[int, int]] = field(default_factory=list)
    restocked: dict[int, int] = field(default_factory=dict)
    corrected: dict[int, int] = field(default_factory=dict)
    images: list[tuple[int, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows_kept: int = 0
    offers_changed: int = 0


def plan(rows: Sequence[CatalogueRow], known: Known) -> Plan:
    """A row is kept whole or refused whole; a row that changes nothing is kept."""
    made = Plan()
    products = {sku: offer["product_id"] for sku, offer in known.offers.items()}
    for row in rows:
        offer = known.offers.get(row.sku)
        faults = _faults_of_new(row, known, products) if offer is None else _faults(row, offer)
        made.faults += faults
        if faults:
            continue
        made.rows_kept += 1
        if offer is None:
            products[row.sku] = _open(made, row, known, products)
        else:
            _change(made, row, offer)
    return made


def _faults_of_new(row: CatalogueRow, known: Known, products: Mapping[str, int]) -> list[Fault]:
    faults = []
    if row.price is None:
        faults.append(Fault(row.line, "price", "a new offer needs a price"))
    if row.product is None:
        if row.title is None:
            faults.append(Fault(row.line, "title", "a new product needs a title"))
        return faults
    is_there = row.product in (known.product_ids if isinstance(row.product, int) else products)
    if not is_there:
        reason = "there is no such product, or no offer of yours with this SKU above this row"
        faults.append(Fault(row.line, "product", reason, str(row.product)))
    return faults + [
        Fault(row.line, column, "the product has its own; leave this empty beside `product`")
        for column in PRODUCT_VALUES
        if getattr(row, column) is not None
    ]


def _faults(row: CatalogueRow, offer: Row) -> list[Fault]:
    faults = []
    if row.variant is not None and row.variant != offer["variant"]:
        faults.append(Fault(row.line, "variant", "an offer keeps its variant; take another SKU"))
    if isinstance(row.product, int) and row.product != offer["product_id"]:
        faults.append(Fault(row.line, "product", "an offer keeps its product; take another SKU"))
    if reason := _why_not_the_products_voice(row, offer):
        faults += [Fault(row.line, column, reason) for column in _product_change(row, offer)]
    return faults


def _why_not_the_products_voice(row: CatalogueRow, offer: Row) -> str | None:
    """One row speaks for a product, or two that differ would change it back and forth."""
    if offer["is_shared"]:
        return "other vendors sell this product too; ask the operator to change it"
    if offer["leading_sku"] != row.sku:
        return f"the row of SKU {offer['leading_sku']} speaks for this product; leave this empty"
    return None


def _open(plan: Plan, row: CatalogueRow, known: Known, products: Mapping[str, int]) -> int:
    """A new offer, of a new product unless it names one. Returns the product."""
    if row.product is None:
        product_id = next(known.new_product_ids)
        weight = DEFAULT_WEIGHT_GRAMS if row.weight_grams is None else row.weight_grams
        plan.products.append((product_id, str(row.title), row.category, row.brand, weight))
    else:
        product_id = row.product if isinstance(row.product, int) else products[row.product]
    if row.variant is not None:
        plan.variants.append((product_id, row.variant))
    if row.image_url is not None:
        plan.images.append((product_id, row.image_url))
    assert row.price is not None, "a new offer without a price is a fault"
    threshold = DEFAULT_THRESHOLD if row.low_stock_threshold is None else row.low_stock_threshold
    plan.offers.append(
        (
            *(next(known.new_offer_ids), product_id, row.variant, row.sku, row.price),
            *(row.status or "active", row.units or 0, threshold),
        )
    )
    return product_id


def _change(plan: Plan, row: CatalogueRow, offer: Row) -> None:
    offer_id = offer["offer_id"]
    before = _size(plan)
    if _product_change(row, offer):
        plan.product_changes.append(
            (offer["product_id"], row.title, row.category, row.brand, row.weight_grams)
        )
    price = _differing(row.price, offer["price_cents"])
    status = _differing(row.status, offer["status"])
    if (price, status) != (None, None):
        plan.offer_changes.append((offer_id, price, status))
    if _differing(row.low_stock_threshold, offer["low_stock_threshold"]) is not None:
        plan.thresholds.append((offer_id, int(row.low_stock_threshold or 0)))
    if row.units is not None and row.units != offer["available_units"]:
        more = row.units - offer["available_units"]
        (plan.restocked if more > 0 else plan.corrected)[offer_id] = more
    if row.image_url is not None and row.image_url not in offer["image_urls"]:
        plan.images.append((offer["product_id"], row.image_url))
    plan.offers_changed += _size(plan) > before


def _product_change(row: CatalogueRow, offer: Row) -> list[str]:
    """The file's columns whose values differ from the product's."""
    return [
        column
        for column, name in PRODUCT_VALUES.items()
        if _differing(getattr(row, column), offer[name]) is not None
    ]


def _differing(wanted: Value | None, present: Value | None) -> Value | None:
    return None if wanted == present else wanted


def _size(plan: Plan) -> int:
    changes = len(plan.product_changes) + len(plan.offer_changes) + len(plan.thresholds)
    return changes + len(plan.restocked) + len(plan.corrected) + len(plan.images)
