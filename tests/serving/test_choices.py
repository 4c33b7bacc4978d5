"""What a visitor chooses holds: before the first answer, between answers, and when one fails."""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.looking import Late, sign_in
from tests.serving.market import at

SHOP = "/vendors/ven_1"
NOVEMBER = f"{SHOP}?from=2026-11-01&to=2026-11-22"
DAYS_BEFORE = re.compile("metrics=revenue$")
EXCUSE = "This cannot be shown at the moment"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def vendor(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A shop with forecasts and more orders than its page lists at first."""
    home = tmp_path_factory.mktemp("home")
    market = small_market(home)
    for day in range(3, 18):
        market.order(1, at(f"2026-11-{day:02}T12:00"), 5)
    market.is_advised = True
    market.publish()
    with ExitStack() as stack:
        visit: Visit = visiting(stack, core, home)
        yield visit("vendor", 1)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page() as page:
        yield page


def choose_days(page: Page, first: str, last: str) -> None:
    page.get_by_label("From", exact=True).fill(first)
    page.get_by_label("To", exact=True).fill(last)
    page.get_by_role("button", name="Show", exact=True).click()


def revenue(page: Page) -> "expect":
    return expect(page.locator('[data-metric="revenue"] .value'))


def test_what_is_chosen_before_the_first_answers_holds_when_they_come(
    page: Page, vendor: httpx.Client
) -> None:
    first = [
        Late(page, re.compile(f"/{name}[?]")) for name in ("metrics", "recent-orders", "products")
    ]
    sign_in(page, vendor, NOVEMBER)
    for answer in first:
        answer.asked()
    choose_days(page, "2026-11-20", "2026-11-21")
    page.get_by_role("columnheader", name="Product").get_by_role("button").click()
    page.get_by_label("Status").select_option("cancelled")
    revenue(page).to_have_text("€10.00")
    expect(page.locator("#orders > li")).to_have_count(1)
    expect(page.locator("#products tr").first).to_contain_text("Product 1")
    for answer in first:
        answer.come()
    revenue(page).to_have_text("€10.00")
    expect(page.locator("#orders .status")).to_have_text(["Cancelled"])
    expect(page.locator("#products tr").first).to_contain_text("Product 1")


def test_the_period_chosen_last_is_charted_whichever_days_before_are_answered_last(
    page: Page, vendor: httpx.Client
) -> None:
    late = Late(page, DAYS_BEFORE)
    sign_in(page, vendor, NOVEMBER)
    late.asked()
    choose_days(page, "2026-11-15", "2026-11-21")
    expect(page.locator("#numbers tbody tr")).to_have_count(7)
    late.come()
    expect(page.locator("#numbers tbody tr")).to_have_count(7)
    expect(page.locator("#chart")).to_have_attribute("aria-label", re.compile("Nov 15, 2026 to"))


def test_a_chart_does_without_the_days_before_where_they_cannot_be_had(
    page: Page, vendor: httpx.Client
) -> None:
    late = Late(page, DAYS_BEFORE)
    sign_in(page, vendor, NOVEMBER)
    late.fail()
    expect(page.locator("#chart svg .mark-rect path").first).to_be_attached()
    expect(page.locator("[data-key=before]")).to_be_hidden()


def test_the_chart_leaves_a_figure_that_is_no_longer_chosen_though_no_answer_changed(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor, f"{NOVEMBER}&figures=revenue,conversion")
    page.locator("#cards").get_by_role("button", name="Conversion").click()
    expect(page.locator("#chart-title")).to_have_text("Conversion")
    page.get_by_role("button", name="Choose figures").click()
    page.get_by_role("checkbox", name=re.compile("^Conversion")).uncheck()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#chart-title")).to_have_text("Revenue")


def test_a_button_in_a_quiet_period_is_the_same_after_it_is_drawn_again(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor, f"{SHOP}?from=2020-01-01&to=2020-01-31")
    button = page.get_by_role("button", name=re.compile("Show the 30 days up to"))
    under_the_finger = button.element_handle()
    page.locator("#cards").get_by_role("button", name="Orders").click()
    expect(page.locator("#chart-title")).to_have_text("Orders")
    assert under_the_finger.evaluate("button => button.isConnected")


def test_figures_of_another_period_do_not_stand_for_those_that_cannot_be_had(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor, NOVEMBER)
    expect(page.locator("#chart svg")).to_be_visible()
    page.route("**/metrics?from=2026-11-20*", lambda route: route.abort())
    choose_days(page, "2026-11-20", "2026-11-21")
    revenue(page).to_have_text("–")
    expect(page.locator("#chart-empty")).to_contain_text(EXCUSE)
    expect(page.locator("#chart")).to_be_hidden()
    page.unroute("**/metrics?from=2026-11-20*")
    revenue(page).to_have_text("€10.00")
    expect(page.locator("#chart svg")).to_be_visible()


def test_a_notice_goes_as_soon_as_the_same_answer_can_be_had_again(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor, NOVEMBER)
    revenue(page).to_have_text(re.compile("€"))
    problem = {"title": "Busy", "detail": "Too much at once.", "code": "rate_limited"}
    page.route("**/metrics?*", lambda route: route.fulfill(status=429, json=problem), times=1)
    expect(page.locator("#notice")).to_have_text("Too much at once.")
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("#chart svg")).to_be_visible()


def test_orders_of_another_status_do_not_stand_for_those_that_cannot_be_had(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor, NOVEMBER)
    expect(page.locator("#orders > li")).to_have_count(12)
    page.route("**/recent-orders?*status=delivered*", lambda route: route.abort())
    page.get_by_label("Status").select_option("delivered")
    expect(page.locator("#orders")).to_contain_text(EXCUSE)
    page.get_by_label("Status").select_option("shipped")
    expect(page.locator("#orders .status")).to_have_text(["Shipped"])


def test_orders_that_are_shown_only_because_more_were_asked_for_are_no_news(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor, NOVEMBER)
    page.locator("#more-orders").click()
    expect(page.locator("#orders > li")).to_have_count(20)
    expect(page.locator("#orders > li.new")).to_have_count(0)


def test_an_answer_is_shown_though_the_same_was_asked_again_before_it_came(
    page: Page, vendor: httpx.Client
) -> None:
    again = Late(page, "**/recent-orders?*")
    first = Late(page, "**/recent-orders?*")  # the route that was set last comes first
    sign_in(page, vendor, NOVEMBER)
    first.asked()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    again.asked()
    first.come()
    expect(page.locator("#orders > li")).to_have_count(12)


def test_a_card_s_choice_stays_when_the_list_of_forecasts_comes_after_it(
    page: Page, vendor: httpx.Client
) -> None:
    late = Late(page, "**/forecasts?*")
    sign_in(page, vendor)
    page.get_by_role("button", name="See its forecast").click()
    expect(page.locator("#forecast-facts")).to_contain_text("22 units (")
    expect(page.locator("#forecast-product option")).to_have_text(["Product 2"])
    late.come()
    expect(page.locator("#forecast-product option")).to_have_count(5)
    expect(page.locator("#forecast-product")).to_have_value("prd_2")


def test_a_card_s_choice_stays_when_the_list_of_forecasts_cannot_be_had(
    page: Page, vendor: httpx.Client
) -> None:
    late = Late(page, "**/forecasts?*")
    sign_in(page, vendor)
    page.get_by_role("button", name="See its forecast").click()
    expect(page.locator("#forecast-chart svg")).to_be_visible()
    late.fail()
    expect(page.locator("#forecast-chart svg")).to_be_visible()
    expect(page.locator("#forecast-empty")).to_be_hidden()


def test_the_forecast_chosen_last_is_shown_whichever_is_answered_last(
    page: Page, vendor: httpx.Client
) -> None:
    late = Late(page, "**/prd_1/forecast")
    sign_in(page, vendor)
    expect(page.locator("#forecast-product")).to_have_value("prd_1")
    page.get_by_role("button", name="See its forecast").click()
    expect(page.locator("#forecast-facts")).to_contain_text("22 units (")
    late.come()
    expect(page.locator("#forecast-chart")).to_have_attribute("aria-label", re.compile("Product 2"))


def test_a_product_s_forecast_does_not_stand_for_one_that_cannot_be_had(
    page: Page, vendor: httpx.Client
) -> None:
    sign_in(page, vendor)
    expect(page.locator("#forecast-chart")).to_have_attribute("aria-label", re.compile("Product 1"))
    page.route("**/prd_2/forecast", lambda route: route.abort())
    page.locator("#forecast-product").select_option("prd_2")
    expect(page.locator("#forecast-empty")).to_contain_text(EXCUSE)
    expect(page.locator("#forecast-chart")).to_be_hidden()
    page.locator("#forecast-product").select_option("prd_1")
    expect(page.locator("#forecast-chart svg")).to_be_visible()
    expect(page.locator("#forecast-empty")).to_be_hidden()


def test_a_question_that_is_never_answered_is_asked_again(page: Page, vendor: httpx.Client) -> None:
    page.add_init_script(  # a tenth of the page's patience
        "const timeout = AbortSignal.timeout.bind(AbortSignal);"
        "AbortSignal.timeout = (milliseconds) => timeout(milliseconds / 10);"
    )
    never = Late(page, re.compile("/recent-orders[?]"))
    sign_in(page, vendor, NOVEMBER)
    never.asked()
    expect(page.locator("#orders > li.empty")).to_contain_text(EXCUSE)
    expect(page.locator("#orders .status").first).to_be_visible()
