from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from models.behaviour import from_behaviour
from models.errors import InteractionsInvalid
from models.interactions import Interactions, day_of, moment


def test_duplicate_events_are_summed() -> None:
    market = Interactions.from_columns([5, 5, 3], [70, 70, 60], weights=[1.0, 0.5, 2.0])
    assert market.matrix.toarray().tolist() == [[2.0, 0.0], [0.0, 1.5]]
    assert market.shoppers.tolist() == [3, 5]
    assert market.products.tolist() == [60, 70]


def test_polars_columns_with_a_time_zone_keep_their_moment() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    frame = pl.DataFrame({"shopper": [1], "product": [2], "at": [noon]})
    market = Interactions.from_columns(
        frame["shopper"],
        frame["product"],
        occurred_at=frame["at"].dt.convert_time_zone("Asia/Tokyo"),
    )
    assert market.window() == (noon, noon)
    assert moment(day_of(noon)) == noon


@pytest.mark.parametrize(
    ("weights", "shown"),
    [([1.0, float("nan")], "nan"), ([1.0, -2.0], "-2.0"), ([1, 1, 1], "shape")],
)
def test_faulty_weights_are_refused_with_the_first_bad_row(
    weights: list[float], shown: str
) -> None:
    with pytest.raises(InteractionsInvalid, match="weights") as refusal:
        Interactions.from_columns([1, 2], [3, 4], weights=weights)
    assert shown in str(refusal.value)
    assert refusal.value.code == "interactions_invalid"


def test_a_missing_product_is_refused() -> None:
    with pytest.raises(InteractionsInvalid, match="product_ids"):
        Interactions.from_columns([1, 2], pl.Series([3, None]))


def test_a_missing_time_is_refused() -> None:
    times = np.array(["2026-01-01", "NaT"], "datetime64[us]")
    with pytest.raises(InteractionsInvalid, match="row 1"):
        Interactions.from_columns([1, 2], [3, 4], occurred_at=times)


def test_no_events_make_an_empty_matrix() -> None:
    market = Interactions.from_columns([], [])
    assert market.matrix.shape == (0, 0)
    with pytest.raises(InteractionsInvalid):
        market.window()


def test_views_are_learned_from_but_were_not_bought() -> None:
    market = Interactions.from_columns([1, 1], [3, 4], is_purchase=[True, False])
    assert market.matrix.nnz == 2
    assert market.bought.toarray().tolist() == [[1.0, 0.0]]


def test_behaviour_weighs_by_kind_and_impressions_say_nothing() -> None:
    market = from_behaviour(
        [1, 1, 1], [3, 4, 5], ["purchase", "view", "impression"], [1.0, 2.0, 3.0]
    )
    assert market.products.tolist() == [3, 4]
    assert market.matrix.toarray().tolist() == [[1.0, pytest.approx(0.2)]]
    assert market.bought.nnz == 1


def test_behaviour_without_any_telling_event_is_empty() -> None:
    assert from_behaviour([1], [2], ["impression"], [3.0]).n_events == 0


def test_what_came_before_a_day_keeps_rows_and_columns() -> None:
    market = Interactions.from_columns([1, 2], [3, 4], occurred_at=[10.0, 20.0])
    early = market.before(20.0)
    assert early.n_events == 1
    assert early.matrix.shape == (2, 2)
