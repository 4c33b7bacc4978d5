"""Arrays that are written in one go say what psycopg's own would."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import tuple_row

from transactional.arrays import Texts, rows
from transactional.database import Database

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8")))
WORDS = st.from_regex(r"[A-Za-z0-9._:-]{1,100}", fullmatch=True)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.none() | WORDS | st.just("null"),
        st.none() | st.dates(date(1970, 1, 1), date(2100, 1, 1)),
        st.none() | MOMENTS,
        st.none() | st.integers(0, 9),
    )
)


def read(database: Database, query: str, value: Any) -> list[Any]:
    with database.transaction() as connection:
        return connection.cursor(row_factory=tuple_row).execute(query, [value]).fetchall()


def test_texts_and_rows_come_out_as_they_went_in(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "create type noted as (key bigint, word text, day date, at timestamptz, digit integer)"
        )

    @given(TEXTS, ROWS)
    def check(texts: list[str | None], noted: list[tuple[Any, ...]]) -> None:
        told = read(database, "select item from unnest(%b::text[]) as item", Texts(texts))
        assert [item for (item,) in told] == texts
        assert read(database, "select * from unnest(%s::noted[])", rows(noted)) == noted

    check()


@pytest.mark.parametrize("word", ["", "a,b", "a)", "(a", 'a"', "a\\b", "],[", ')","(1'])
def test_no_word_writes_a_column_or_a_row_of_its_own(word: str) -> None:
    with pytest.raises(ValueError, match="plain"):
        rows([(1, "plain"), (2, word)])
