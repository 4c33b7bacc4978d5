from dataclasses import replace

import pytest

from transactional.catalogue.csv_records import Record
from transactional.catalogue.rows import (
    CatalogueRow,
    Fault,
    HeaderInvalidError,
    Terms,
    read_header,
    read_row,
)

TERMS = Terms(2, {("food", "tea"): [7], ("gifts",): [8, 9]}, frozenset({7, 8, 9}))


def read(**cells: str) -> CatalogueRow | list[Fault]:
    cells = {"sku": "A"} | cells
    return read_row(list(cells), Record(5, list(cells.values())), TERMS)


def faults(**cells: str) -> dict[str, str]:
    found = read(**cells)
    assert isinstance(found, list), found
    return {fault.column: fault.reason for fault in found}


@pytest.mark.parametrize(
    ("text", "decimals", "cents"),
    [
        ("12.99", 2, 1299),
        ("12,9", 2, 1290),
        ("0.10", 2, 10),
        ("1234", 2, 123400),
        ("1234", 0, 1234),
        ("1.234", 3, 1234),
        ("0.07", 2, 7),
        (" 1.15 ", 2, 115),
    ],
)
def test_a_price_is_exact_in_minor_units(text: str, decimals: int, cents: int) -> None:
    terms = replace(TERMS, decimals=decimals)
    row = read_row(["sku", "price"], Record(5, ["A", text]), terms)
    assert row == CatalogueRow(5, "A", price=cents)


@pytest.mark.parametrize(
    "text", ["1,234.00", "1.234", "-1", "12.", ".5", "1e3", "$5", "١٢", "99999999.99", "NaN"]
)
def test_a_price_that_may_be_meant_otherwise_is_refused(text: str) -> None:
    assert list(faults(price=text)) == ["price"]


def test_every_fault_of_a_row_is_told() -> None:
    found = faults(sku="", price="free", units="-1", category="Food > Coffee", status="new")
    assert found == {
        "sku": "must not be empty",
        "price": "is no price such as 12.99, without currency or thousands sign",
        "units": "is no whole number from 0 to 1000000000",
        "category": "there is no category of this path",
        "status": "is neither active nor paused",
    }


def test_a_category_is_given_by_path_or_id() -> None:
    for text in ("Food > Tea", "food>tea", "cat_7"):
        assert read(category=text) == CatalogueRow(5, "A", category=7)
    for text in ("gifts", "cat_404", "prd_7", "cat_x"):
        assert list(faults(category=text)) == ["category"]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "@SUM(A1)", "a\0b", "a\x1bb", "�", "x" * 501])
def test_a_title_is_text_that_can_be_shown(text: str) -> None:
    assert list(faults(title=text)) == ["title"]


def test_an_empty_cell_leaves_a_value_as_it_is() -> None:
    assert read(title="", price=" ", units="") == CatalogueRow(5, "A")


def test_a_ragged_row_is_refused_whole() -> None:
    found = read_row(["sku", "title"], Record(5, ["A"]), TERMS)
    assert found == [Fault(5, "(row)", "1 cells where the header has 2")]


def test_a_header_names_known_columns_once_in_any_order() -> None:
    assert read_header(Record(1, [" Title", "SKU"])) == ["title", "sku"]
    with pytest.raises(HeaderInvalidError) as refusal:
        read_header(Record(1, ["titel", "price", "Price"]))
    assert refusal.value.details["unknown"] == ["titel"]
    assert refusal.value.details["missing"] == ["sku"]
    assert refusal.value.details["repeated"] == ["price"]
