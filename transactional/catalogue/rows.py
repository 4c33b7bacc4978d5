"""Rows of a catalogue file: what each cell means, and every fault of a row with its reason.

An empty cell leaves a value as it is, or takes the default of a new offer. Text that begins as a
spreadsheet's formula is refused: a shop window has no use for it, and a spreadsheet would run it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transactional.catalogue.csv_records import Record
from transactional.errors import MarketError, RefusedError
from transactional.ids import internal

COLUMNS = {
    "sku": "the vendor's own key of the offer; one row per SKU",
    "title": "the product's title; needed for a new product",
    "category": "names from the top (Food > Tea) or cat_…",
    "brand": "at most 200 characters",
    "price": "such as 12.99 or 12,99, without a thousands sign; needed for a new offer",
    "units": "units for sale now; the difference is written in the journal of stock",
    "low_stock_threshold": "below or at how many units the offer counts as low",
    "weight_grams": "of the product",
    "product": "another offer of this product: prd_…, or the SKU of an offer of yours",
    "variant": "the variant's name; one that is not there yet is made",
    "image_url": "where to fetch an image; it is shown once it was checked",
    "status": "active or paused",
}
NEEDED = frozenset({"sku"})
ROW = "(row)"
SHOWN_CHARACTERS = 200
LARGEST_UNITS = 1_000_000_000
LARGEST_GRAMS = 1_000_000
LARGEST_CENTS = 1_000_000_000
FORMULA = ("=", "@", "\t", "\r")
UNREADABLE = "\N{REPLACEMENT CHARACTER}"


class HeaderInvalidError(RefusedError):
    """The first line names the columns; `unknown`, `missing` and `repeated` say what is wrong."""

    code = "import_header_invalid"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, or with a whole row."""

    line: int
    column: str
    reason: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What rows are read by: the currency's decimals and the category tree."""

    decimals: int
    categories: Mapping[tuple[str, ...], Sequence[int]]
    category_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One wished offer; None leaves a value as it is. `product` is a product's id or a SKU."""

    line: int
    sku: str
    title: str | None = None
    category: int | None = None
    brand: str | None = None
    price: int | None = None
    units: int | None = None
    low_stock_threshold: int | None = None
    weight_grams: int | None = None
    product: int | str | None = None
    variant: str | None = None
    image_url: str | None = None
    status: str | None = None


def read_header(record: Record) -> list[str]:
    """The file's columns in order. Raises HeaderInvalidError."""
    if record.problem:
        raise HeaderInvalidError(f"the first line cannot be read: {record.problem}")
    names = [cell.strip().lower() for cell in record.cells]
    unknown = [name for name in names if name not in COLUMNS]
    repeated = sorted({name for name in names if names.count(name) > 1})
    missing = sorted(NEEDED.difference(names))
    if unknown or repeated or missing:
        raise HeaderInvalidError(
            unknown=[name[:SHOWN_CHARACTERS] for name in unknown],
            missing=missing,
            repeated=repeated,
            known=list(COLUMNS),
        )
    return names


def read_row(columns: Sequence[str], record: Record, terms: Terms) -> CatalogueRow | list[Fault]:
    """The row, or all its faults."""
    if record.problem:
        return [Fault(record.line, ROW, record.problem)]
    if len(record.cells) != len(columns):
        counts = f"{len(record.cells)} cells where the header has {len(columns)}"
        return [Fault(record.line, ROW, counts)]
    values: dict[str, Any] = {}
    faults = []
    for column, cell in zip(columns, record.cells, strict=True):
        try:
            values[column] = _read_cell(column, cell.strip(), terms)
        except ValueError as error:
            faults.append(Fault(record.line, column, str(error), _shown(cell)))
    return faults or CatalogueRow(line=record.line, **values)


def _shown(cell: str) -> str:
    """As much of it as is told; Postgres keeps no NUL character."""
    return cell[:SHOWN_CHARACTERS].replace("\0", UNREADABLE)


def _read_cell(column: str, text: str, terms: Terms) -> Any:
    """Raises ValueError with the reason."""
    if not text:
        if column in NEEDED:
            raise ValueError("must not be empty")
        return None
    if UNREADABLE in text:
        raise ValueError("has bytes that are not in the file's encoding; UTF-8 is expected")
    if not text.isprintable():
        raise ValueError("has characters that cannot be printed")
    return READERS[column](text, terms)


def _text(longest: int) -> Callable[[str, Terms], str]:
    def read(text: str, _: Terms) -> str:
        if text.startswith(FORMULA):
            raise ValueError("begins like a spreadsheet formula")
        if len(text) > longest:
            raise ValueError(f"has more than {longest} characters")
        return text

    return read


def _whole(largest: int) -> Callable[[str, Terms], int]:
    def read(text: str, _: Terms) -> int:
        if not re.fullmatch("[0-9]{1,12}", text) or int(text) > largest:
            raise ValueError(f"is no whole number from 0 to {largest}")
        return int(text)

    return read


def _price(text: str, terms: Terms) -> int:
    """Exact: the digits are read as minor units, never as a float."""
    match = re.fullmatch("([0-9]{1,10})(?:[.,]([0-9]{1,9}))?", text)
    if match is None:
        raise ValueError("is no price such as 12.99, without currency or thousands sign")
    decimals = match[2] or ""
    if len(decimals) > terms.decimals:
        raise ValueError(f"has more than {terms.decimals} decimals, or a thousands sign")
    cents = int(match[1] + decimals.ljust(terms.decimals, "0"))
    if cents > LARGEST_CENTS:
        raise ValueError(f"is more than {LARGEST_CENTS} cents")
    return cents


def _category(text: str, terms: Terms) -> int:
    if text.startswith("cat_"):
        category_id = _key("cat", text)
        if category_id not in terms.category_ids:
            raise ValueError("there is no such category")
        return category_id
    path = tuple(name.strip().casefold() for name in text.split(">"))
    found = terms.categories.get(path, ())
    if len(found) > 1:
        raise ValueError("several categories have this path; give its id, cat_…")
    if not found:
        raise ValueError("there is no category of this path")
    return found[0]


def _product(text: str, terms: Terms) -> int | str:
    return _key("prd", text) if text.startswith("prd_") else _text(100)(text, terms)


def _image(text: str, _: Terms) -> str:
    if len(text) > 2_000 or not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError("is no address such as https://shop.example/tea.jpg")
    return text


def _status(text: str, _: Terms) -> str:
    if text.lower() not in ("active", "paused"):
        raise ValueError("is neither active nor paused")
    return text.lower()


def _key(prefix: str, text: str) -> int:
    try:
        return internal(prefix, text)
    except MarketError as error:
        raise ValueError(str(error)) from error


READERS: dict[str, Callable[[str, Terms], Any]] = {
    "sku": _text(100),
    "title": _text(500),
    "category": _category,
    "brand": _text(200),
    "price": _price,
    "units": _whole(LARGEST_UNITS),
    "low_stock_threshold": _whole(LARGEST_UNITS),
    "weight_grams": _whole(LARGEST_GRAMS),
    "product": _product,
    "variant": _text(200),
    "image_url": _image,
    "status": _status,
}
