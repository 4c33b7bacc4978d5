import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.catalogue.csv_records import LONGEST_LINE, Record, Records

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


def records(data: bytes, size: int = 7, encoding: str = "utf-8") -> list[Record]:
    """What comes of the bytes in chunks of `size`."""
    reader = Records(encoding)
    found = [
        record
        for start in range(0, len(data), size)
        for record in reader.feed(data[start : start + size])
    ]
    return found + list(reader.feed(b"", is_last=True))


def cells(data: bytes, size: int = 7) -> list[list[str]]:
    return [record.cells for record in records(data, size)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_header_tells_the_delimiter(delimiter: str, newline: str) -> None:
    lines = [["sku", "title"], ["A", "Tea, black; 5|6"]]
    text = newline.join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert cells(text.encode()) == lines


def test_a_spreadsheet_may_name_its_delimiter() -> None:
    assert cells(b"sep=;\r\nsku;title\r\nA;Tea\r\n") == [["sku", "title"], ["A", "Tea"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(encoding: str) -> None:
    assert cells("sku,title\nA,Żółty\n".encode(encoding)) == [["sku", "title"], ["A", "Żółty"]]


def test_a_declared_encoding_is_used_and_bytes_that_are_none_are_marked() -> None:
    data = "sku,title\nA,Żółty\n".encode("windows-1250")
    assert records(data, encoding="windows-1250")[1].cells == ["A", "Żółty"]
    assert "\N{REPLACEMENT CHARACTER}" in records(data)[1].cells[1]


def test_records_are_numbered_by_the_line_they_begin_on() -> None:
    data = b'sku,title\n\nA,"two\nlines"\n  \nB,"say ""tea"""\n'
    assert [(record.line, record.cells) for record in records(data)][1:] == [
        (3, ["A", "two\nlines"]),
        (6, ["B", 'say "tea"']),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    data = b'sku,title\nA,"open\n' + b"".join(b"B%d,tea\n" % number for number in range(200))
    found = records(data)
    assert [record.line for record in found if record.problem] == [2]
    assert [record.cells[0] for record in found[2:]] == [f"B{number}" for number in range(200)]


def test_text_behind_a_closing_quote_is_a_problem_of_its_line() -> None:
    found = records(b'sku,title\nA,"tea"pot\nB,5" pipe\n')
    assert (found[1].line, found[1].cells) == (2, [])
    assert found[2].cells == ["B", '5" pipe']


def test_an_endless_line_is_refused_and_not_remembered() -> None:
    data = b"sku,title\n" + b"x" * (3 * LONGEST_LINE) + b"\nA,tea\n"
    reader = Records()
    found: list[Record] = []
    for start in range(0, len(data), 4_096):
        found += reader.feed(data[start : start + 4_096])
        assert len(reader._rest) <= LONGEST_LINE
    assert [(record.line, bool(record.problem)) for record in found] == [
        (1, False),
        (2, True),
        (3, False),
    ]


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=6), st.integers(1, 9))
def test_what_a_csv_writer_wrote_is_read_back_in_chunks_of_any_size(
    rows: list[list[str]], size: int
) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["sku", "title"], *rows])
    assert cells(text.getvalue().encode(), size=size)[1:] == [
        row for row in rows if any(cell.strip() for cell in row)
    ]
