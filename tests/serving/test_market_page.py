"""What only operators see: the whole market's figures and what people search for."""

import math
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.looking import sign_in
from tests.serving.market import at


@pytest.fixture(scope="module")
def visit_market(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    home = tmp_path_factory.mktemp("home")
    market = small_market(home)
    market.shown(at("2026-11-21"), 1, 6)
    market.publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)


def test_search_terms_come_with_the_share_that_was_clicked(visit_market: Visit) -> None:
    terms = visit_market("operator").get("/v1/market/search-terms").json()["items"]
    assert [(term["term"], term["searches"], term["clicked_share"]) for term in terms] == [
        ("tea", 12, 0.75),
        ("mug", 5, 0.0),
    ]
    assert terms[1]["unanswered_searches"] == 4


def test_who_gets_seen_is_told_by_size_of_vendor(visit_market: Visit) -> None:
    client = visit_market("operator")
    answer = client.get("/v1/market/exposure?days=30")
    large, middle, small = answer.json()["bands"]
    assert (large["vendors"], middle["vendors"], small["vendors"]) == (1, 0, 1)
    # The large vendor was shown first, the small one second.
    assert large["shares"]["impressions"] == 0.5
    assert large["shares"]["exposure"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert large["shares"]["sales"] == pytest.approx(13_000 / 13_900)
    assert (large["never_shown"], small["never_shown"]) == (0, 0)
    held = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/v1/market/exposure?days=30", headers=held).status_code == 304
    assert client.get("/v1/market/exposure?days=0").json()["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/v1/market/search-terms", "/v1/market/exposure", "/market"])
def test_only_operators_come_here(visit_market: Visit, path: str) -> None:
    answer: httpx.Response = visit_market("vendor", 1).get(path)
    assert answer.status_code == 403
    assert "role_not_allowed" in answer.text


@pytest.mark.browser
def test_a_quiet_period_of_the_market_leads_to_its_last_busy_days(
    browser: Browser, visit_market: Visit
) -> None:
    client = visit_market("operator")
    assert client.get("/v1/market/metrics").json()["last_order_date"] == "2026-11-22"
    page = browser.new_page()
    sign_in(page, client, "/market?from=2026-01-01&to=2026-01-05")
    page.get_by_role("button", name="Show the 30 days up to Nov 22, 2026").click()
    expect(page).to_have_url(re.compile("from=2026-10-24&to=2026-11-22$"))
    expect(page.locator("#chart svg .mark-rect path").first).to_be_attached()
    page.close()


@pytest.mark.browser
def test_what_is_long_past_is_told_by_its_day_in_the_market(
    browser: Browser, visit_market: Visit
) -> None:
    page = browser.new_page()
    sign_in(page, visit_market("operator"), "/market")
    told = """async (iso) => {
        const { formatsFor } = await import("/static/format.js");
        return formatsFor("BRL", "America/Sao_Paulo").ago(iso);
    }"""
    assert page.evaluate(told, "2017-08-25T02:59:00Z") == "Aug 24, 2017"
    yesterday = datetime.now(UTC) - timedelta(hours=30)
    assert page.evaluate(told, yesterday.isoformat()) == "yesterday"
    page.close()


@pytest.mark.browser
def test_the_markets_page_shows_its_figures_and_terms(
    browser: Browser, visit_market: Visit
) -> None:
    page = browser.new_page()
    sign_in(page, visit_market("operator"))
    page.get_by_role("link", name="The market's figures").click()
    expect(page.locator("#terms > li").first).to_contain_text("tea")
    bars = page.locator("#terms meter").evaluate_all("bars => bars.map((bar) => bar.value)")
    assert bars == sorted(bars, reverse=True)
    assert bars[0] == 1, "what is searched for most has the longest bar"
    expect(page.locator("#seen > li").first).to_contain_text("1 large vendor")
    payments = page.locator('[data-metric="payment_success"]')
    expect(payments.locator(".trust")).to_contain_text("To yesterday")
    page.get_by_role("button", name="Custom", exact=True).click()
    page.get_by_label("From", exact=True).fill("2026-11-22")
    page.get_by_label("To", exact=True).fill("2026-11-01")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("from=2026-11-01&to=2026-11-22$"))
    # November's paid orders, of both vendors: 13,000 and 900 cents.
    expect(page.locator('[data-metric="gmv_paid"] .value')).to_have_text("€139.00")
    expect(payments.locator(".value")).to_have_text("90%")
    expect(payments.locator(".trust")).not_to_contain_text("To yesterday")
    expect(page.locator("#chart svg .mark-rect path").first).to_be_attached()
    page.get_by_role("button", name="Choose figures").click()
    page.get_by_label("Searches without an answer").check()
    page.get_by_role("button", name="Done").click()
    expect(page.locator('[data-metric="unanswered_rate"] .value')).to_have_text("5%")
    page.close()
