"""From sales to a forecast with quantiles, and to what to order."""

import numpy as np
import pytest

from models.demand import backtest, quantiles
from models.demand.backtest import Answer
from models.demand.classes import CLASSES
from models.demand.forecast import METHODS, Forecast, forecast
from models.demand.reorder import LONGEST_COVER_DAYS, Policy, restock
from models.demand.sales import Sales
from tests.models.demand.sellers import of, selling


def test_a_forecast_is_the_same_for_the_same_sales_and_for_any_company_of_its_category() -> None:
    sales = selling(0.05, 0.4, 6.0, 2.0)
    once, again = forecast(sales), forecast(sales)
    assert (once.week == again.week).all()
    assert (once.variance == again.variance).all()


def test_the_week_ahead_begins_on_the_day_after_the_last() -> None:
    week = [1.0, 2, 3, 4, 5, 6, 40]
    found = forecast(of([week * 30 + [1.0, 2.0]]))
    assert found.first_weekday == 2
    assert found.means(7)[4, 0] > 3 * found.means(7)[3, 0], "the Sunday is the fifth day ahead"


@pytest.mark.parametrize("rate", [0.02, 0.3, 4.0])
def test_quantiles_cover_what_then_comes(rate: float) -> None:
    """Of 600 listings with one truth, so many stay within a quantile as it says."""
    sales = selling(*[rate] * 600, days=392, seed=7)
    found = forecast(sales.until(364))
    total = sales.units[364:].sum(axis=0)
    for share in (0.5, 0.9, 0.95):
        within = (total <= found.total_quantile(share, 28)).mean()
        assert within >= share - 0.05
        below = (total < found.total_quantile(share, 28)).mean()
        assert below <= share + 0.05


def test_an_unsure_level_is_unsure_on_all_days_together() -> None:
    nobody_knows = np.zeros(1, np.int64)
    found = Forecast(np.ones((7, 1)), np.full(1, 0.25), np.ones(1), 0, nobody_knows, nobody_knows)
    # Of 100 days: Poisson noise of 100, and a level known to ± 0.5 a day, ± 50 in all.
    wanted = quantiles.quantile(0.95, np.full(1, 100.0), np.full(1, 100.0 + 50.0**2))
    assert found.total_quantile(0.95, 100) == wanted
    assert 190 < wanted[0] < 205


def test_a_few_large_listings_do_not_say_how_noisy_their_category_is() -> None:
    """Twenty slow listings with Poisson sales, beside one that sells 20 ± 20 a day."""
    slow = selling(*[0.05] * 20)
    large = np.tile([0.0, 40.0], slow.n_days // 2)[:, None]
    units = np.hstack([slow.units, large.astype(np.float32)])
    found = forecast(Sales(units, np.ones_like(units), np.zeros(21, np.int64), 0))
    assert found.dispersion[:20].max() < 4


def test_noise_is_that_of_the_last_half_year() -> None:
    assert forecast(of([[0.0, 40.0] * 92 + [20.0] * 180])).dispersion[0] == 1


def test_a_count_s_quantile_is_that_of_its_simulation() -> None:
    rng = np.random.default_rng(0)
    mean, variance = 6.0, 15.0
    excess = variance - mean
    drawn = rng.negative_binomial(mean**2 / excess, mean / variance, 200_000)
    for share in (0.1, 0.5, 0.9):
        found = quantiles.quantile(share, np.array([mean]), np.array([variance]))
        assert found[0] == np.quantile(drawn, share)


def test_the_pinball_loss_is_least_at_the_quantile() -> None:
    drawn = np.random.default_rng(0).poisson(5, 20_000).astype(np.float64)
    losses = [quantiles.pinball(0.9, drawn, np.full(1, value)).mean() for value in range(15)]
    assert int(np.argmin(losses)) == np.quantile(drawn, 0.9)


def test_more_is_ordered_the_less_there_is_and_nothing_when_there_is_enough() -> None:
    found = forecast(selling(2.0, 2.0, 2.0, 0.0))
    advice = restock(found, np.array([0, 10, 500, 0]), Policy(lead_days=7, review_days=28))
    assert advice.order_units[0] > advice.order_units[1] > 50
    assert advice.order_units[2:].tolist() == [0, 0]
    assert 14 < advice.reorder_point[0] < 30
    assert advice.days_of_cover[1] == pytest.approx(5, rel=0.3)


def test_the_reorder_point_lasts_through_the_lead_time_as_often_as_promised() -> None:
    sales = selling(*[1.5] * 500, days=371, seed=3)
    point = restock(forecast(sales.until(364)), np.zeros(500), Policy(7, 28, 0.95)).reorder_point
    assert (sales.units[364:].sum(axis=0) <= point).mean() > 0.92


def test_an_order_lasts_until_the_next_one_can_have_come_as_often_as_promised() -> None:
    sales = selling(*[1.5] * 500, days=399, seed=4)
    ordered = restock(forecast(sales.until(364)), np.zeros(500), Policy(7, 28, 0.95)).order_units
    assert 0.92 < (sales.units[364:].sum(axis=0) <= ordered).mean() < 0.99


def test_at_the_reorder_point_it_is_time_to_order_and_above_it_is_not() -> None:
    found = forecast(selling(2.0))
    point = restock(found, np.zeros(1), Policy()).reorder_point
    ordered = [restock(found, point + more, Policy()).order_units[0] > 0 for more in (0, 1)]
    assert ordered == [True, False]


def test_what_never_sells_lasts_for_as_long_as_can_be_told() -> None:
    advice = restock(forecast(selling(0.0)), np.array([10_000]), Policy())
    assert advice.days_of_cover[0] == LONGEST_COVER_DAYS


def test_each_class_has_its_own_method() -> None:
    days = {
        "smooth": [2.0, 2.0, 3.0] * 20,
        "erratic": [1.0, 1.0, 9.0] * 20,
        "intermittent": [2.0, 0, 0] * 20,
        "lumpy": [1.0, 0, 0, 9.0, 0, 0] * 10,
        "thin": [1.0] + [0.0] * 59,
    }
    found = forecast(of(list(days.values())))
    assert [CLASSES[number] for number in found.demand_class] == list(days)
    methods = ["smoothing", "sba", "tsb", "tsb", "pooled"]
    assert [METHODS[number] for number in found.method] == methods


def naive(past: Sales, horizon: int) -> Answer:
    return Answer(np.tile(past.units[-7:], (horizon // 7, 1)).astype(float), {})


def test_scaled_errors_are_those_done_by_hand() -> None:
    sales = of([[1.0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0]])
    found = backtest.rolled(sales, naive, horizon=7, count=1)
    # On the past last week's day errs by 2 on one day of seven; ahead it errs by 3.
    assert found.mase[0] == pytest.approx((3 / 7) / (2 / 7))
    assert found.rmsse[0] == pytest.approx(np.sqrt(9 / 7) / np.sqrt(4 / 7))


def test_days_sold_out_neither_scale_an_error_nor_are_judged() -> None:
    week = [1.0, 0, 0, 0, 0, 0, 0]
    sold_out = [1.0, 1.0, 0, 1, 1, 1, 1]
    sales = of([[*week, 3.0, 0, 0, 0, 0, 0, 0, *week]], [[1.0] * 7 + sold_out * 2])

    def fives(past: Sales, horizon: int) -> Answer:
        return Answer(np.full((horizon, 1), 5.0), {})

    found = backtest.rolled(sales, fives, horizon=7, count=1)
    # Of six open days one errs by 2 on the past; ahead one by 4 and five by 5.
    assert found.mase[0] == pytest.approx((29 / 6) / (2 / 6))


def test_an_origin_whose_past_gives_no_scale_is_left_out() -> None:
    days = [units for sold in (1.0, 1.0, 3.0, 6.0) for units in (sold, *[0.0] * 6)]
    found = backtest.rolled(of([days]), naive, horizon=7, count=2)
    # Two equal weeks tell nothing. Of three last week's day errs by 2 in fourteen; ahead by 3.
    assert found.mase[0] == pytest.approx((3 / 7) / (2 / 14))


def test_absolute_errors_are_of_the_median_and_squared_ones_of_the_mean() -> None:
    sales = of([[1.0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0]])

    def ones(past: Sales, horizon: int) -> Answer:
        return Answer(np.ones((horizon, 1)), {0.5: np.zeros((horizon, 1))})

    found = backtest.rolled(sales, ones, horizon=7, count=1)
    assert found.mase[0] == pytest.approx((6 / 7) / (2 / 7))
    assert found.mase_of_mean[0] == pytest.approx((11 / 7) / (2 / 7))
    assert found.rmsse[0] == pytest.approx(np.sqrt(31 / 7) / np.sqrt(4 / 7))


def test_a_forecast_beats_last_week_s_days() -> None:
    sales = selling(0.3, 2.0, 8.0, days=280)

    def ours(past: Sales, horizon: int) -> Answer:
        found = forecast(past)
        shares = {share: found.daily_quantile(share, horizon) for share in backtest.SHARES}
        return Answer(found.means(horizon), shares)

    own, last_week = (backtest.rolled(sales, method, 28, 3) for method in (ours, naive))
    assert (own.rmsse < 0.85 * last_week.rmsse).all()
    assert (own.pinball < 1).all()


def test_no_origin_sees_what_it_is_judged_by() -> None:
    sales = selling(1.0, days=100)
    seen = []

    def spying(past: Sales, horizon: int) -> Answer:
        seen.append(past.n_days)
        return Answer(np.zeros((horizon, 1)), {})

    backtest.rolled(sales, spying, horizon=28, count=3)
    assert seen == [16, 44, 72]
