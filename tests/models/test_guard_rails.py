"""Guard rails: what lists may not do to the market, and what stands against an artifact."""

from pathlib import Path

import numpy as np
import pytest

from models import artifacts, gate
from models.als import ALS
from models.guard_rails import Limits, Shelf, broken, exposure_of_vendors, guard, hold
from models.recommendations import KIND, Recommendations, stored
from models.training import train_and_gate
from tests.models.markets import taste_market

SHELF = Shelf.of(np.array([13, 11, 12, 14]), np.array([3, 1, 1, 2]))
QUICK = np.full(2, 0.001)


def names_broken(lists: list[list[int]], seconds: np.ndarray = QUICK, **limits: float) -> list[str]:
    rails = hold(lists, seconds, SHELF, Limits(**limits))
    return [name for name, rail in rails.items() if not rail.is_held]


def test_lists_that_spread_over_the_shelf_break_nothing() -> None:
    assert names_broken([[11, 13], [14, 12]]) == []


def test_a_product_that_cannot_be_bought_breaks_the_rail_of_stock() -> None:
    assert names_broken([[11, 13], [14, 99]]) == ["out_of_stock"]


def test_the_same_list_for_everyone_covers_too_little() -> None:
    rails = hold([[11]] * 4, np.full(4, 0.001), SHELF)
    assert rails["coverage"].value == 0.25
    assert names_broken([[11]] * 4, coverage_at_least=0.3) == ["coverage"]


def test_exposure_counts_vendors_that_nobody_sees() -> None:
    assert exposure_of_vendors(np.array([11, 12, 11, 99]), SHELF).tolist() == [3, 0, 0]
    assert names_broken([[11, 12]], vendor_gini_at_most=0.5) == ["vendor_gini"]


def test_slow_answers_break_the_rail_of_time() -> None:
    assert names_broken([[11, 13], [14]], np.array([0.001, 5.0])) == ["p99_milliseconds"]


def test_with_everything_out_of_stock_nothing_is_shown_and_nothing_broken() -> None:
    market = taste_market(shoppers=40)
    arrays = stored(ALS(factors=4, iterations=2).fit(market), market)
    nothing = np.zeros(0, np.int64)
    rails = guard(Recommendations.over("", "ials", arrays), Shelf.of(nothing, nothing))
    assert all(rail.is_held for rail in rails.values())


def test_a_guarded_model_shows_only_the_shelf() -> None:
    market = taste_market(shoppers=40)
    arrays = stored(ALS(factors=4, iterations=2).fit(market), market)
    half = market.products[::2]
    rails = guard(Recommendations.over("", "ials", arrays), Shelf.of_one_vendor(half))
    assert rails["out_of_stock"].value == 0
    assert rails["coverage"].value > 0.5


@pytest.mark.slow
def test_a_model_off_the_rails_stays_on_record_with_what_stands_against_it(
    tmp_path: Path,
) -> None:
    market = taste_market(shoppers=400)
    strict = Limits(coverage_at_least=1.1)
    outcome = train_and_gate(market, tmp_path, candidates=[ALS(factors=8)], limits=strict)
    assert outcome.verdict.is_passed
    assert [reason.split()[0] for reason in outcome.objections] == ["coverage"]
    assert outcome.artifact is not None
    kept = artifacts.load(tmp_path, KIND, outcome.artifact.version)
    assert broken(kept.metrics["guard_rails"]) == gate.objections(kept)
