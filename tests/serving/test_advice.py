"""Cards and forecasts of a vendor: over the API, and on its page."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.looking import sign_in


@pytest.fixture(scope="module")
def visit_advised(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    home = tmp_path_factory.mktemp("home")
    market = small_market(home)
    market.is_advised = True
    market.publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)


@pytest.fixture(scope="module")
def vendor(visit_advised: Visit) -> httpx.Client:
    return visit_advised("vendor", 1)


def test_cards_come_in_their_order_with_effect_and_interval(vendor: httpx.Client) -> None:
    answer = vendor.get("/v1/vendors/ven_1/insights").json()
    assert answer["advised_date"] == "2026-11-21"
    restock, service = answer["items"]
    assert (restock["kind"], restock["product_id"]) == ("restock", "prd_2")
    assert restock["effect"] == {"expected_cents": 12000, "low_cents": 2000, "high_cents": 25000}
    assert (service["kind"], service["product_id"]) == ("service", None)


def test_a_product_s_forecast_has_weeks_behind_and_quantiles_ahead(vendor: httpx.Client) -> None:
    answer = vendor.get("/v1/vendors/ven_1/products/prd_2/forecast").json()
    assert [week["units"] for week in answer["past_weeks"]][-3:] == [1, 3, 0]
    assert len(answer["past_weeks"]) == 12
    sunday, monday = answer["days"][:2]
    assert (sunday["first"], sunday["expected_units"]) == ("2026-11-22", 1.5)
    assert (monday["first"], monday["expected_units"]) == ("2026-11-23", 0.5)
    assert [week["expected_units"] for week in answer["weeks"]] == [5.5] * 4
    for ahead in (*answer["days"], *answer["weeks"], answer["month"]):
        assert ahead["low_units"] <= ahead["median_units"] <= ahead["high_units"]
    assert answer["month"]["expected_units"] == 22
    [listing] = answer["listings"]
    assert (listing["offer_id"], listing["reorder_point"]) == ("off_2", 11)


def test_forecasts_are_listed_and_a_client_that_holds_them_gets_none_again(
    vendor: httpx.Client,
) -> None:
    answer = vendor.get("/v1/vendors/ven_1/forecasts?limit=3")
    assert len(answer.json()["items"]) == 3
    sold = {item["product_id"]: item["past_units"] for item in answer.json()["items"]}
    assert sold == {"prd_1": 2, "prd_2": 4, "prd_3": 0}  # the third sold on the first day ahead
    held = {"If-None-Match": answer.headers["etag"]}
    assert vendor.get("/v1/vendors/ven_1/forecasts?limit=3", headers=held).status_code == 304


@pytest.mark.parametrize("product", ["prd_99", "prd_0", "nonsense"])
def test_a_product_that_the_vendor_does_not_list_is_unknown(
    vendor: httpx.Client, product: str
) -> None:
    answer = vendor.get(f"/v1/vendors/ven_1/products/{product}/forecast")
    assert (answer.status_code, answer.json()["code"]) == (404, "product_unknown")


@pytest.mark.parametrize("route", ["insights", "forecasts", "products/prd_1/forecast"])
def test_advice_is_for_the_vendor_itself(visit_advised: Visit, route: str) -> None:
    other = visit_advised("vendor", 2).get(f"/v1/vendors/ven_1/{route}")
    assert (other.status_code, other.json()["code"]) == (403, "foreign_figures")


def test_before_the_first_night_there_is_no_advice(visit: Visit, tmp_path: Path) -> None:
    small_market(tmp_path).publish()
    client = visit("vendor", 1)
    answer = client.get("/v1/vendors/ven_1/insights").json()
    assert (answer["items"], answer["advised_date"]) == ([], None)
    assert client.get("/v1/vendors/ven_1/forecasts").json()["items"] == []
    forecast = client.get("/v1/vendors/ven_1/products/prd_1/forecast").json()
    assert (forecast["month"], forecast["weeks"]) == (None, [])


def signed_in(browser: Browser, client: httpx.Client) -> Page:
    page = browser.new_page()
    sign_in(page, client)
    return page


@pytest.mark.browser
def test_the_page_shows_cards_and_the_forecast_of_the_product_that_is_chosen(
    browser: Browser, vendor: httpx.Client
) -> None:
    page = signed_in(browser, vendor)
    expect(page.locator("#insights > li")).to_have_count(2)
    expect(page.locator("#insights > li").first).to_contain_text("€20.00 to €250.00")
    page.get_by_role("button", name="See its forecast").click()
    expect(page.locator("#forecast-product")).to_have_value("prd_2")
    expect(page.locator("#forecast-chart svg")).to_be_visible()
    expect(page.locator("#forecast-facts")).to_contain_text("22 units (")
    page.close()


@pytest.mark.browser
def test_the_page_says_so_where_there_is_no_advice_yet(
    browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    small_market(tmp_path).publish()
    page = signed_in(browser, visit("vendor", 1))
    expect(page.locator("#insights")).to_contain_text("Nothing to do for now")
    expect(page.locator("#forecast-empty")).to_contain_text("No forecasts yet")
    page.close()
