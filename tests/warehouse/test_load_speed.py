import pytest

from tests.warehouse.market import Market
from warehouse.load_speed import copy_all, measure_load

pytestmark = pytest.mark.slow


def test_load_and_copy_are_measured_in_turn_over_the_same_rows(
    market: Market, pipeline_database_url: str
) -> None:
    market.order(market.shopper(), [(market.offer(market.vendor()), 1)])
    speed = measure_load(pipeline_database_url, repetitions=2)
    assert speed.rows == 10
    assert (len(speed.load_seconds), len(speed.copy_seconds)) == (2, 2)
    assert speed.ratio == speed.load_rows_per_second / speed.copy_rows_per_second


def test_the_bare_copy_sends_every_row_of_the_loaded_columns(
    market: Market, pipeline_database_url: str
) -> None:
    empty = copy_all(pipeline_database_url)
    market.vendor("Ada")
    assert copy_all(pipeline_database_url) > empty
