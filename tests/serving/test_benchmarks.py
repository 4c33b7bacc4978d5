"""A vendor beside similar shops: over the API, and on its page."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from serving.http.benchmarks import CohortBody, band
from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.looking import sign_in

# Vendor 1 has two closed months and one metric without a safe cohort; vendor 2 has nothing yet.
CLOSED = """
insert into benchmarks by name
select date '2026-10-01' as period_date, 'average_order_value' as metric_id, '/4/' as cohort,
    'category' as level, 'Garden' as category, 20 as owners_at_least, 100 as step,
    2500 as lower_quartile, 3400 as median, 5000 as upper_quartile, 3600 as mean;
insert into benchmark_placements values
    ('2026-09-01', 'average_order_value', 1, 9000, 4, 2250, '/4/'),
    ('2026-10-01', 'average_order_value', 1, 52000, 12, 4333.3, '/4/'),
    ('2026-10-01', 'conversion', 1, 3, 90, 0.0333, null);
"""


@pytest.fixture(scope="module")
def visit_compared(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    home = tmp_path_factory.mktemp("home")
    market = small_market(home)
    market.benchmarks = CLOSED
    market.publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)


def test_the_newest_closed_month_stands_beside_its_cohort(visit_compared: Visit) -> None:
    answer = visit_compared("vendor", 1).get("/v1/vendors/ven_1/benchmarks").json()
    orders, conversion = answer["items"]
    assert (orders["first"], orders["last"], orders["is_mature"]) == (
        "2026-10-01",
        "2026-10-31",
        True,
    )
    assert (orders["value"], orders["band"]) == (4333.3, "third_quarter")
    assert (orders["cohort"]["category"], orders["cohort"]["median"]) == ("Garden", 3400)
    assert orders["cohort"]["owners_at_least"] == 20
    assert answer["freshness"]["data_through"]
    assert (conversion["id"], conversion["cohort"], conversion["band"]) == (
        "conversion",
        None,
        None,
    )


def test_an_answer_that_the_client_holds_is_not_sent_again(visit_compared: Visit) -> None:
    vendor = visit_compared("vendor", 1)
    held = {"If-None-Match": vendor.get("/v1/vendors/ven_1/benchmarks").headers["etag"]}
    assert vendor.get("/v1/vendors/ven_1/benchmarks", headers=held).status_code == 304


def test_a_vendor_sees_its_own_comparison_only(visit_compared: Visit) -> None:
    assert visit_compared("vendor", 1).get("/v1/vendors/ven_2/benchmarks").status_code == 403
    assert visit_compared("vendor", 2).get("/v1/vendors/ven_2/benchmarks").json()["items"] == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, "lowest_quarter"),
        (3, "second_quarter"),
        (4.4, "about_median"),
        (5, "third_quarter"),
        (9, "highest_quarter"),
    ],
)
def test_the_band_follows_from_what_is_published(value: float, expected: str) -> None:
    given = dict.fromkeys(CohortBody.model_fields)
    cohort = CohortBody(
        **given
        | {"level": "marketplace", "owners_at_least": 20, "step": 1.0}
        | {"lower_quartile": 2.0, "median": 4.0, "upper_quartile": 6.0}
    )
    assert band(value, cohort) == expected


@pytest.mark.browser
def test_the_page_shows_the_card_or_says_that_there_is_none_yet(
    visit_compared: Visit, browser: Browser
) -> None:
    for vendor_id, text in ((1, "Above the median"), (2, "first closed month")):
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, visit_compared("vendor", vendor_id))
        expect(page.locator("#benchmarks")).to_contain_text(text)
        context.close()
