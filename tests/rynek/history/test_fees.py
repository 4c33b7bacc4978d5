"""The vectorised money rules beside the live path's own."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rynek.history.fees import percentage_cents, shared
from transactional import money

CENTS = st.integers(0, 10_000_000)


@given(st.lists(CENTS, min_size=1), st.integers(0, 10_000))
def test_a_percentage_of_a_column_is_the_live_rule_for_each_amount(
    amounts: list[int], rate: int
) -> None:
    column = pl.DataFrame({"cents": amounts}).select(percentage_cents(pl.col("cents"), rate))
    assert column.to_series().to_list() == [money.share(amount, rate) for amount in amounts]


@given(st.lists(st.tuples(CENTS, st.lists(CENTS, min_size=1, max_size=6)), min_size=1, max_size=5))
def test_shares_of_many_groups_at_once_are_the_live_split_of_each(
    groups: list[tuple[int, list[int]]],
) -> None:
    lines = pl.DataFrame(
        [
            {"group": number, "total": total, "weight": weight}
            for number, (total, weights) in enumerate(groups)
            for weight in weights
        ]
    )
    parts = shared(lines, "total", "weight", ["group"])
    expected = [part for total, weights in groups for part in money.split(total, weights)]
    assert parts.to_list() == expected


def test_of_equal_remainders_the_first_line_gets_the_cent() -> None:
    lines = pl.DataFrame({"group": [1, 1, 1], "total": [100, 100, 100], "weight": [5, 5, 5]})
    assert shared(lines, "total", "weight", ["group"]).to_list() == [34, 33, 33]
