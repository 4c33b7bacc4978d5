"""How a vendor's shoppers come, come back and buy together, over HTTP, beside sums by hand."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import httpx
import pytest

from serving.customers import Cohort, cohorts
from tests.serving.conftest import small_market, visiting
from tests.serving.core import Core
from tests.serving.market import at
from warehouse.snapshot import Snapshot

CUSTOMERS = "/v1/vendors/ven_1/customers"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Beside November's orders: three first orders in September, of whom one came back twice."""
    home = tmp_path_factory.mktemp("home")
    market = small_market(home)
    for shopper, *days in ((21, "2026-09-03", "2026-10-08", "2026-10-09"), (22, "2026-09-05"),
                           (23, "2026-09-06", "2026-11-03")):  # fmt: skip
        for day in days:
            market.order(1, at(f"{day}T09:00"), 1, shopper=shopper, status="delivered")
    market.publish()
    return home


@pytest.fixture(scope="module")
def vendor(core: Core, home: Path) -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        yield visiting(stack, core, home)("vendor", 1)


def test_the_funnel_adds_up_the_days_of_the_span(vendor: httpx.Client) -> None:
    # Orders, counted or not, on 2, 3, 9, 20, 21 and 22 November: forty sessions on the day before.
    funnel = vendor.get(f"{CUSTOMERS}?from=2026-11-01&to=2026-11-22").json()["funnel"]
    assert funnel["sessions"] == 240
    assert [(step["step"], step["sessions"]) for step in funnel["steps"]] == [
        ("impression", 240),
        ("click", 120),
        ("view", 96),
        ("cart", 24),
        ("order", 6),
    ]
    assert funnel["steps"][-1]["of_sessions"] == pytest.approx(6 / 240)


def test_a_span_without_visits_has_no_shares(vendor: httpx.Client) -> None:
    funnel = vendor.get(f"{CUSTOMERS}?from=2020-01-01&to=2020-01-31").json()["funnel"]
    assert funnel["sessions"] == 0
    assert {step["of_sessions"] for step in funnel["steps"]} == {None}


def test_a_cohort_says_who_came_back_in_each_month_that_is_over(vendor: httpx.Client) -> None:
    told = vendor.get(CUSTOMERS).json()["cohorts"]
    assert told == [
        {"month": "2026-09-01", "customers": 3, "returned": [1]},
        {"month": "2026-11-01", "customers": 3, "returned": []},
    ]
    assert vendor.get(f"{CUSTOMERS}?months=1").json()["cohorts"] == told[1:]


def test_cohorts_of_long_ago_are_followed_for_as_many_months_as_are_asked_for(home: Path) -> None:
    snapshot = Snapshot.current(home / "published")
    assert cohorts(snapshot, 1, date(2036, 1, 15), 3) == [
        Cohort(date(2026, 9, 1), 3, (1, 1, 0)),
        Cohort(date(2026, 11, 1), 3, (0, 0, 0)),
    ]


def test_every_customer_is_in_one_segment(vendor: httpx.Client) -> None:
    segments = vendor.get(CUSTOMERS).json()["segments"]
    assert sum(segment["customers"] for segment in segments) == 6
    assert sum(segment["orders"] for segment in segments) == 4 + 6
    assert all(segment["meaning"] for segment in segments)


def test_a_pair_is_told_once_with_how_much_stronger_than_chance_it_is(
    vendor: httpx.Client,
) -> None:
    [pair] = vendor.get(CUSTOMERS).json()["pairs"]
    assert (pair["title"], pair["other_title"]) == ("Product 1", "Product 2")
    assert (pair["both_orders"], pair["lift"], pair["is_other_own"]) == (3, 3.0, True)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?from=tomorrow", "dates_invalid"),
        ("?months=0", "invalid_request"),
        ("?months=25", "invalid_request"),
    ],
)
def test_bad_questions_get_a_problem_with_a_code(
    vendor: httpx.Client, query: str, code: str
) -> None:
    answer = vendor.get(CUSTOMERS + query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_an_answer_that_is_still_good_is_not_sent_again(vendor: httpx.Client) -> None:
    held = {"If-None-Match": vendor.get(CUSTOMERS).headers["ETag"]}
    assert vendor.get(CUSTOMERS, headers=held).status_code == 304


def test_customers_are_for_the_vendor_itself(vendor: httpx.Client) -> None:
    answer = vendor.get("/v1/vendors/ven_2/customers")
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_figures")
