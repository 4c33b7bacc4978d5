"""A vendor's figures from a published snapshot, over HTTP, against sums done by hand."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from tests.serving.conftest import small_market, visiting
from tests.serving.core import Core
from tests.serving.market import Market, at
from warehouse.metrics import METRICS
from warehouse.snapshot import Snapshot

NOVEMBER = "/v1/vendors/ven_1/metrics?from=2026-11-01&to=2026-11-22"


def by_id(answer: dict[str, Any]) -> dict[str, Any]:
    return {metric["id"]: metric for metric in answer["metrics"]}


@pytest.fixture(scope="module")
def vendor(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("home")
    small_market(home).publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)("vendor", 1)


def test_the_four_figures_are_those_of_the_counted_orders(vendor: httpx.Client) -> None:
    found = by_id(vendor.get(NOVEMBER).json())
    assert {metric_id: metric["value"] for metric_id, metric in found.items()} == {
        "revenue": 13_000,  # (1,000 + 2,000) + 3 × 2,000 + 1,000 + 3,000
        "orders": 4,
        "customers": 3,
        "average_order_value": 3_250,
    }
    assert found["average_order_value"]["numerator"] == 13_000
    assert found["average_order_value"]["denominator"] == 4


def test_the_change_is_against_the_same_elapsed_span_before(vendor: httpx.Client) -> None:
    # Data reach to 22 November, 13:00 in Warsaw; of the week before, orders after 13:00 wait.
    answer = vendor.get("/v1/vendors/ven_1/metrics?from=2026-11-16&to=2026-11-22").json()
    assert answer["compared_with"] == {
        "first": "2026-11-09",
        "last": "2026-11-15",
        "until": answer["compared_with"]["until"],
    }
    assert answer["compared_with"]["until"].startswith("2026-11-15T")
    revenue = by_id(answer)["revenue"]
    assert (revenue["value"], revenue["previous"]["value"]) == (4_000, 6_000)
    assert revenue["change"] == pytest.approx(-1 / 3)


def test_what_was_sold_later_on_the_same_day_of_the_week_before_waits(
    core: Core, tmp_path: Path
) -> None:
    """Data reach to Sunday, 13:00; of the Sunday before, what was sold a minute earlier counts."""
    market = small_market(tmp_path)
    market.order(1, at("2026-11-15T11:59"), 1, shopper=12)
    market.order(1, at("2026-11-15T12:00"), 2, shopper=12)
    market.publish()
    span = "from=2026-11-16&to=2026-11-22&metrics=revenue"
    with ExitStack() as stack:
        visit = visiting(stack, core, tmp_path)
        of_vendor = by_id(
            visit("vendor", 1).get(f"/v1/vendors/ven_1/metrics?{span},lost_sales").json()
        )
        of_market = by_id(visit("operator").get(f"/v1/market/metrics?{span}").json())
    assert of_vendor["revenue"]["previous"]["value"] == 7_000  # 6,000 on Monday, and 1,000
    assert of_market["revenue"]["value"] == 4_900  # 4,000 and the other vendor's 900
    assert of_market["revenue"]["previous"]["value"] == 7_000
    # Figures of whole days end on Saturday in both weeks: of Monday 250 were lost, as of Sunday.
    assert of_vendor["lost_sales"]["previous"]["value"] == 250


def test_figures_of_whole_days_are_of_days_that_were_asked_for_and_are_over(
    core: Core, tmp_path: Path
) -> None:
    """Every day with an order lost 250; the data reach to the 22nd, 13:00."""
    market = small_market(tmp_path)
    for day in ("2026-10-30", "2026-11-21", "2026-11-22"):
        market.order(1, at(f"{day}T08:00"), 1, shopper=12)
    market.publish()
    with ExitStack() as stack:
        vendor = visiting(stack, core, tmp_path)("vendor", 1)
        asked = "/v1/vendors/ven_1/metrics?metrics=lost_sales&from={}&to={}&grain=week"
        yesterday, today, month = (
            vendor.get(asked.format(f"2026-11-{first}", f"2026-11-{last}")).json()
            for first, last in (("21", "21"), ("22", "22"), ("01", "22"))
        )
    told = [by_id(answer)["lost_sales"] for answer in (yesterday, today)]
    assert [(each["value"], each["previous"]["value"]) for each in told] == [(250, 250), (0, 0)]
    assert told[1]["change"] is None, "no day of it is over, and none is compared"
    of_weeks = {point["date"]: point["values"]["lost_sales"] for point in month["series"]}
    assert of_weeks["2026-10-26"] == 0, "only its last day, 1 November, was asked for"
    assert of_weeks["2026-11-02"] == 250


def test_without_sales_before_there_is_no_change(vendor: httpx.Client) -> None:
    assert by_id(vendor.get(NOVEMBER).json())["revenue"]["change"] is None


def test_the_series_has_every_day_in_the_markets_time_zone(vendor: httpx.Client) -> None:
    points = vendor.get(NOVEMBER).json()["series"]
    busy = {point["date"]: point["values"]["orders"] for point in points}
    assert len(busy) == 22
    assert {day: orders for day, orders in busy.items() if orders} == {
        "2026-11-02": 1,
        "2026-11-09": 1,
        "2026-11-20": 1,
        "2026-11-22": 1,  # placed on the 21st at 23:30 UTC, after midnight in Warsaw
    }


@pytest.mark.parametrize(
    ("grain", "dates"),
    [
        ("week", ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"]),
        ("month", ["2026-11-01"]),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(
    vendor: httpx.Client, grain: str, dates: list[str]
) -> None:
    points = vendor.get(f"{NOVEMBER}&grain={grain}").json()["series"]
    assert [point["date"] for point in points] == dates
    assert sum(point["values"]["revenue"] for point in points) == 13_000


def test_a_day_can_be_seen_by_its_hours(vendor: httpx.Client) -> None:
    day = "/v1/vendors/ven_1/metrics?from=2026-11-22&to=2026-11-22&grain=hour"
    points = vendor.get(day).json()["series"]
    assert len(points) == 24
    assert points[0]["date"] == "2026-11-22T00:00"
    assert points[0]["values"]["revenue"] == 3_000


def test_metrics_can_be_chosen(vendor: httpx.Client) -> None:
    answer = vendor.get(f"{NOVEMBER}&metrics=units,net_earnings").json()
    assert [metric["id"] for metric in answer["metrics"]] == ["units", "net_earnings"]


def test_the_last_busy_day_is_told(vendor: httpx.Client) -> None:
    empty = vendor.get("/v1/vendors/ven_1/metrics?from=2020-01-01&to=2020-01-31").json()
    assert empty["last_order_date"] == "2026-11-22"
    assert by_id(empty)["average_order_value"]["value"] is None


def test_every_live_metric_is_the_same_in_sql_and_in_memory(market: Market) -> None:
    market.publish()
    snapshot = Snapshot.current(market.folder)
    rows = snapshot.query("select * from vendor_orders")
    measures = {m for metric in METRICS.values() for m in metric.measures("vendor") if m.is_live}
    assert measures
    for measure in measures:
        ((in_sql,),) = snapshot.rows(f"select {measure.sql()} from vendor_orders")
        assert rows.select(measure.expression()).item() == in_sql, measure
        nothing = rows.filter(pl.lit(value=False)).select(measure.expression()).item()
        assert nothing == 0, measure


def test_the_registry_says_what_each_metric_means(vendor: httpx.Client) -> None:
    found = {metric["id"]: metric for metric in vendor.get("/v1/metrics").json()["metrics"]}
    assert found.keys() == METRICS.keys()
    late = found["late_shipment_30d"]
    assert late["norm"] == {"kind": "at_most", "value": 0.04}
    assert (late["window_days"], late["is_live"], found["revenue"]["is_live"]) == (30, False, True)
    assert (late["grain"], found["revenue"]["grain"]) == ("day", "hour")
    assert late["formula"] == f"({late['numerator']}) ÷ ({late['denominator']})"
    assert found["revenue"]["denominator"] is None


def test_periods_that_may_still_change_or_are_of_few_cases_are_marked(
    vendor: httpx.Client,
) -> None:
    ids = "revenue,average_order_value,return_rate"
    points = vendor.get(f"{NOVEMBER}&grain=week&metrics={ids}").json()["series"]
    today_in = points[-1]
    assert today_in["immature"] == ["revenue", "average_order_value", "return_rate"]
    assert [point["immature"] for point in points[1:-1]] == [["return_rate"]] * 2
    assert all("revenue" not in point["small"] for point in points)
    assert all("average_order_value" in point["small"] for point in points)


def test_a_series_can_be_taken_away_as_a_table(vendor: httpx.Client) -> None:
    answer = vendor.get(f"{NOVEMBER}&metrics=revenue,orders&grain=week".replace("?", ".csv?"))
    assert answer.headers["content-type"].startswith("text/csv")
    head, *rows = answer.text.splitlines()
    assert head == "date,revenue,orders"
    assert sum(int(row.split(",")[1]) for row in rows) == 13_000


def test_only_operators_see_the_whole_market(vendor: httpx.Client) -> None:
    for path in ("/v1/market/metrics", "/v1/market/metrics.csv"):
        answer = vendor.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")


@pytest.fixture(scope="module")
def operator(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("market")
    market = small_market(home)
    market.publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)("operator")


def test_an_operator_sees_all_vendors_together(operator: httpx.Client) -> None:
    path = "/v1/market/metrics?from=2026-11-01&to=2026-11-22&metrics=gmv_paid,active_vendors,orders"
    answer = operator.get(path).json()
    found = {metric_id: metric["value"] for metric_id, metric in by_id(answer).items()}
    assert found == {"gmv_paid": 13_900, "active_vendors": 2, "orders": 5}
    assert not any(metric["is_live"] for metric in answer["metrics"])
    assert sum(point["values"]["gmv_paid"] for point in answer["series"]) == 13_900
