"""Every metric of the registry against figures done by hand on rows that fit on this page."""

from datetime import date

import duckdb
import pytest

from tests.conftest import REPOSITORY
from warehouse.metrics import METRICS, of_scope
from warehouse.metrics.docs import markdown
from warehouse.metrics.evaluation import Extent, figures
from warehouse.metrics.figure import Days, Figure, wilson

# Two vendors in May. Vendor 1 sells on the 1st and the 3rd; one order of the 3rd was cancelled
# after it was paid, one is not paid yet. The data reach to the end of the 10th.
ROWS = """
create table vendor_orders as select * from (values
    (1, 1, 1, date '2026-05-01', 11, true,  true,  4000, 500, 120, 4250, 4),
    (2, 2, 1, date '2026-05-03', 11, true,  true,  2000, 500,  60, 2360, 1),
    (3, 3, 1, date '2026-05-03', 12, false, true,  1000, 500,  30, 1400, 1),
    (4, 4, 1, date '2026-05-04', 13, false, false,  700, 500,  21, 1100, 1),
    (6, 6, 1, date '2026-04-08', 11, true,  true,  2500, 500,  75, 2925, 1),
    (7, 7, 1, date '2026-04-07', 11, true,  true,  4000, 500, 120, 4380, 2),
    (8, 8, 1, date '2026-03-10', 11, true,  true,  9999, 500, 300, 9999, 9),
    (5, 1, 2, date '2026-05-01', 11, true,  true,  9000, 500, 900, 8400, 3)
) as t (vendor_order_id, order_id, vendor_id, order_date, shopper_pseudonym, is_counted, is_paid,
        items_cents, shipping_cents, commission_cents, net_cents, units);
alter table vendor_orders add column placed_at timestamptz;
update vendor_orders set placed_at = order_date + interval 12 hour;
create table refunds as select * from (values
    (1, date '2026-05-01', date '2026-05-20', 1, 1000, true),
    (1, date '2026-04-02', date '2026-05-02', 1,  300, true),
    (1, date '2026-05-03', null,              1,  999, false)
) as t (vendor_id, sale_date, refund_date, quantity, items_cents, is_booked);
create table vendor_daily as select * from (values
    (1, date '2026-05-01', 1, 0), (1, date '2026-05-03', 1, 1), (2, date '2026-05-01', 1, 0)
) as t (vendor_id, order_date, orders, repeat_orders);
create table service_daily as select * from (values
    (1, date '2026-03-20', 50, 0, 2, 0, 0, 0, 0, 0),
    (1, date '2026-04-25', 0, 0, 0, 10, 3, 0, 0, 0),
    (1, date '2026-05-03', 20, 1, 1, 8, 1, 1, 5, 4)
) as t (vendor_id, service_date, paid_orders, cancelled_by_vendor_orders, defective_orders,
        due_orders, shipped_late_orders, unshipped_orders, promised_orders, on_time_orders);
create table funnel_daily as select * from (values
    (1, date '2026-05-01', 40, 20, 5, 2), (1, date '2026-05-02', 60, 30, 5, 1)
) as t (vendor_id, session_date, sessions, view_sessions, cart_sessions, order_sessions);
create table stock_levels as select * from (values
    (1, date '2026-04-01', date '2026-05-03', 2, 0, 50),
    (1, date '2026-05-03', null,              4, 1, 20)
) as t (vendor_id, from_date, until_date, listed_offers, out_offers, available_units);
create table lost_sales as select * from (values
    (1, date '2026-04-30', 9.0, 900.0), (1, date '2026-05-01', 0.5, 250.4),
    (1, date '2026-05-05', 1.25, 625.0)
) as t (vendor_id, sale_date, lost_units, lost_cents);
create table list_daily as select * from (values
    (date '2026-05-02', 40, 30, 2, 100, 8), (date '2026-05-04', 60, 20, 3, 100, 12)
) as t (event_date, searches, clicked_searches, unanswered_searches, recommendations,
        clicked_recommendations);
create table operator_daily as select * from (values
    (date '2026-05-01', 200, 90, 30, 6, 8, 10), (date '2026-05-02', 100, 60, 20, 3, 1, 2)
) as t (order_date, sessions, viewing_sessions, carting_sessions, ordering_sessions,
        succeeded_payments, ended_payments);
"""

MAY = Days(date(2026, 5, 1), date(2026, 5, 5))
THROUGH = date(2026, 5, 10)

# Vendor 1, from 1 to 5 May: value, numerator, denominator.
OF_THE_VENDOR = {
    "gmv_placed": (7700, 7700, None),  # 4,000 + 2,000 + 1,000 + 700
    "gmv_paid": (7000, 7000, None),  # without the unpaid 700
    "revenue": (6000, 6000, None),  # without the cancelled 1,000 too
    "net_sales_by_sale": (6000, 6000, None),  # 7,000 − 1,000 given back on the 20th
    "net_sales_by_refund": (6700, 6700, None),  # 7,000 − 300 given back on the 2nd
    "sales_growth": (2.125, 8500, 4000),  # 8 April to 5 May, 11 March to 7 April
    "orders": (2, 2, None),
    "customers": (1, 1, None),
    "average_order_value": (3000, 6000, 2),
    "units": (5, 5, None),
    "units_per_order": (2.5, 5, 2),
    "shipping": (1000, 1000, None),
    "commission": (180, 180, None),
    "net_earnings": (6610, 6610, None),
    "take_rate": (0.03, 210, 7000),
    "repeat_rate": (0.5, 1, 2),
    "return_rate": (1 / 6, 1, 6),
    "cancellation_rate": (0.05, 1, 20),
    "late_shipment_10d": (0.25, 2, 8),  # 26 April to 5 May
    "late_shipment_30d": (5 / 18, 5, 18),  # 6 April to 5 May
    "on_time_delivery": (0.8, 4, 5),
    "defect_rate": (3 / 70, 3, 70),  # 7 March to 5 May
    "sessions": (100, 100, None),
    "conversion": (0.03, 3, 100),
    "view_rate": (0.5, 50, 100),
    "cart_rate": (0.2, 10, 50),
    "stock_out_rate": (3 / 16, 3, 16),  # 2 × 2 days of none, 3 days of 1 in 4
    "sell_through": (0.2, 5, 25),
    "days_of_cover": (20.0, 20, 5),  # 20 units at one a day
    "lost_sales": (875, 875, None),  # 250.4 + 625, without 30 April
}

# The market, where it differs from the sum over vendors, or where only it has the figure.
OF_THE_MARKET = {
    "revenue": (15000, 15000, None),
    "orders": (2, 2, None),  # one order was of both vendors
    "take_rate": (1110 / 16000, 1110, 16000),
    "sessions": (300, 300, None),
    "conversion": (0.03, 9, 300),
    "active_vendors": (2, 2, None),
    "payment_success": (0.75, 9, 12),
    "search_click_rate": (0.5, 50, 100),
    "unanswered_rate": (0.05, 5, 100),
    "recommendation_click_rate": (0.1, 20, 200),
}


@pytest.fixture(scope="module")
def marts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(ROWS)
    return connection


def of(
    marts: duckdb.DuckDBPyConnection, vendor_id: int | None, *spans: Days
) -> dict[str, list[Figure]]:
    extent = Extent(vendor_id, THROUGH)
    metrics = list(of_scope(extent.scope).values())

    def ask(sql: str, given: object) -> list[tuple[object, ...]]:
        return marts.sql(sql, params=given).fetchall()

    return figures(ask, metrics, spans, extent)


def test_every_metric_has_a_figure_done_by_hand() -> None:
    assert OF_THE_VENDOR.keys() == of_scope("vendor").keys()
    assert METRICS.keys() == OF_THE_VENDOR.keys() | OF_THE_MARKET.keys()


@pytest.mark.parametrize("metric_id", OF_THE_VENDOR)
def test_a_vendors_figure_is_the_one_done_by_hand(
    marts: duckdb.DuckDBPyConnection, metric_id: str
) -> None:
    [figure] = of(marts, 1, MAY)[metric_id]
    found = (figure.value, figure.numerator, figure.denominator)
    assert found == pytest.approx(OF_THE_VENDOR[metric_id])


@pytest.mark.parametrize("metric_id", OF_THE_MARKET)
def test_the_markets_figure_is_the_one_done_by_hand(
    marts: duckdb.DuckDBPyConnection, metric_id: str
) -> None:
    [figure] = of(marts, None, MAY)[metric_id]
    found = (figure.value, figure.numerator, figure.denominator)
    assert found == pytest.approx(OF_THE_MARKET[metric_id])


def test_the_page_of_metrics_is_the_registrys() -> None:
    page = REPOSITORY / "docs" / "metrics.md"
    assert page.read_text() == markdown(), "run `rynek metrics --markdown > docs/metrics.md`"


def test_days_without_rows_are_zero_and_their_ratios_have_no_value(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    empty = Days(date(2026, 1, 1), date(2026, 1, 2))
    found = of(marts, 1, empty, MAY)
    assert [figure.value for figure in found["revenue"]] == [0, 6000]
    assert [figure.value for figure in found["conversion"]] == [None, 0.03]
    assert [figure.is_small for figure in found["conversion"]] == [True, False]


@pytest.mark.parametrize("vendor_id", [1, None])
def test_a_span_has_the_same_figures_alone_and_among_others_that_overlap(
    marts: duckdb.DuckDBPyConnection, vendor_id: int | None
) -> None:
    days = [Days(date(2026, 5, day), date(2026, 5, day)) for day in range(1, 6)]
    spans = [MAY, Days(date(2026, 5, 2), date(2026, 5, 4)), *days]
    together = of(marts, vendor_id, *spans)
    for number, span in enumerate(spans):
        for metric_id, [alone] in of(marts, vendor_id, span).items():
            assert together[metric_id][number] == alone, (metric_id, span)


def test_a_figure_of_days_ends_with_the_last_day_that_is_over(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    [figure] = of(marts, 1, Days(date(2026, 5, 3), date(2026, 5, 31)))["stock_out_rate"]
    assert (figure.numerator, figure.denominator) == (8, 32)  # the 3rd to the 10th


def test_of_days_that_are_not_over_there_is_nothing_to_tell(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    [figure] = of(marts, 1, Days(date(2026, 5, 20), date(2026, 5, 31)))["stock_out_rate"]
    assert (figure.value, figure.numerator, figure.denominator) == (None, 0, 0)


def test_half_a_cent_is_rounded_up() -> None:
    order_value = METRICS["average_order_value"]
    assert [order_value.value(cents, 2) for cents in (1_004, 1_005)] == [502, 503]
    assert order_value.value(1_001, 3) == 334


def test_a_spell_counts_from_its_first_day_and_no_longer_on_the_day_that_ends_it(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = of(marts, 1, Days(date(2026, 5, 1), date(2026, 5, 3)))
    [rate], [cover] = found["stock_out_rate"], found["days_of_cover"]
    assert (rate.numerator, rate.denominator) == (1, 8)  # 2 × 2 days, then one of 1 in 4
    assert cover.numerator == 20  # of the spell that began on the 3rd


def test_a_share_of_few_says_so_with_its_interval(marts: duckdb.DuckDBPyConnection) -> None:
    found = of(marts, 1, MAY)
    [few], [many] = found["on_time_delivery"], found["conversion"]
    assert (few.is_small, many.is_small) == (True, False)
    assert few.interval == pytest.approx(
        (0.3755, 0.9638), abs=1e-4
    )  # R: prop.test(4, 5, correct=F)
    assert few.interval is not None
    assert few.interval[1] - few.interval[0] > 0.5


def test_a_ratio_of_few_cases_says_so_without_an_interval_too(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = of(marts, 1, MAY)
    [of_orders], [of_money] = found["average_order_value"], found["take_rate"]
    assert (of_orders.is_small, of_orders.interval) == (True, None)  # of two orders
    assert not of_money.is_small


def test_an_interval_never_leaves_nothing_and_all() -> None:
    assert wilson(0, 3)[0] == pytest.approx(0.0)
    assert wilson(3, 3)[1] == pytest.approx(1.0)
    assert wilson(5, 4) == wilson(4, 4), "more came back than was sold, as a repair may count"


def test_a_figure_ripens(marts: duckdb.DuckDBPyConnection) -> None:
    april = Days(date(2026, 4, 1), date(2026, 4, 9))
    young, ripe = of(marts, 1, MAY, april)["return_rate"]
    assert (young.is_mature, ripe.is_mature) == (False, True)
    last_ripe, first_young = (date(2026, 4, 10), date(2026, 4, 11))  # thirty days before the 10th
    spans = [Days(day, day) for day in (last_ripe, first_young)]
    assert [figure.is_mature for figure in of(marts, 1, *spans)["return_rate"]] == [True, False]


def test_a_figure_says_whether_it_meets_its_norm(marts: duckdb.DuckDBPyConnection) -> None:
    found = of(marts, 1, MAY)
    assert [found[name][0].is_norm_met for name in ("cancellation_rate", "on_time_delivery")] == [
        False,
        False,
    ]
    assert found["revenue"][0].is_norm_met is None


def test_what_reaches_a_norm_meets_it() -> None:
    late, on_time = METRICS["late_shipment_10d"].norm, METRICS["on_time_delivery"].norm
    assert late is not None
    assert on_time is not None
    assert [late.is_met(share) for share in (0.04, 0.0401)] == [True, False]
    assert [on_time.is_met(share) for share in (0.9, 0.8999)] == [True, False]


def test_thirty_cases_are_not_few() -> None:
    rate = METRICS["on_time_delivery"]
    few, enough = (Figure.of(rate, 9, cases, MAY, THROUGH) for cases in (29, 30))
    assert (few.is_small, enough.is_small) == (True, False)


def test_the_finest_grain_is_the_hour_where_a_vendors_figure_is_live() -> None:
    names = ("revenue", "active_vendors", "late_shipment_10d")
    assert [METRICS[name].grain for name in names] == ["hour", "day", "day"]


def test_only_what_facts_replace_is_live() -> None:
    live = {metric.metric_id for metric in METRICS.values() if metric.is_live}
    assert {"revenue", "gmv_paid", "take_rate", "active_vendors"} <= live
    assert not {"net_sales_by_sale", "conversion", "sell_through", "late_shipment_10d"} & live
