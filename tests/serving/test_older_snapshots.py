"""Serving of a newer release over a snapshot that an older one published."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.looking import sign_in
from tests.serving.market import Market
from tests.serving.patience import until

LACKING = ("lost_sales", "listing_forecasts")
ASKED = [
    "vendors/ven_1/metrics?metrics=lost_sales",
    "vendors/ven_1/metrics.csv?metrics=lost_sales",
    "vendors/ven_1/forecasts",
    "vendors/ven_1/products/prd_1/forecast",
]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Market:
    market = small_market(tmp_path_factory.mktemp("home"))
    market.lacking = LACKING
    market.publish()
    return market


@pytest.fixture(scope="module")
def vendor(core: Core, old: Market) -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        visit: Visit = visiting(stack, core, old.folder.parent)
        yield visit("vendor", 1)


@pytest.mark.parametrize("asked", ASKED)
def test_what_the_snapshot_lacks_is_refused_by_name(vendor: httpx.Client, asked: str) -> None:
    answer = vendor.get(f"/v1/{asked}")
    assert (answer.status_code, answer.json()["code"]) == (503, "mart_unpublished")
    assert "lost_sales" in answer.text or "listing_forecasts" in answer.text


@pytest.mark.parametrize("asked", ["metrics?metrics=revenue,stock_out_rate", "products"])
def test_what_it_holds_is_answered(vendor: httpx.Client, asked: str) -> None:
    assert vendor.get(f"/v1/vendors/ven_1/{asked}").status_code == 200


def test_the_next_snapshot_answers_everything_without_a_restart(
    vendor: httpx.Client, old: Market
) -> None:
    old.lacking = ()
    old.publish()
    for asked in ASKED:
        assert until(lambda asked=asked: vendor.get(f"/v1/{asked}").is_success)


@pytest.mark.browser
def test_a_section_that_cannot_be_shown_says_so_and_is_shown_as_soon_as_it_can(
    browser: Browser, vendor: httpx.Client, old: Market
) -> None:
    old.lacking, old.is_advised = LACKING, True
    old.publish()
    assert until(lambda: vendor.get("/v1/vendors/ven_1/forecasts").status_code == 503)
    with browser.new_page() as page:
        sign_in(page, vendor, "/vendors/ven_1?figures=revenue,lost_sales")
        lost = page.locator('[data-metric="lost_sales"] .change')
        expect(lost).to_have_text("Cannot be shown at the moment")
        page.locator("#cards").get_by_role("button", name="Lost sales").click()
        expect(page.locator("#chart-title")).to_contain_text("Lost sales")
        expect(page.locator("#chart-empty")).to_contain_text("cannot be shown")
        expect(page.locator("#forecast-empty")).to_have_text(
            "This cannot be shown at the moment. The page asks again by itself."
        )
        expect(page.locator("#insights .insight").first).to_be_visible()
        old.lacking = ()
        old.publish()
        expect(page.locator("#forecast-chart svg")).to_be_visible(timeout=60_000)
        expect(page.locator("#forecast-empty")).to_be_hidden()
        expect(lost).not_to_contain_text("Cannot be shown")
