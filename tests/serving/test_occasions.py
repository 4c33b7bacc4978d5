"""Beside a product, with a cart, and again: what each occasion shows, and why."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models import artifacts
from models.als import ALS
from models.ranker import SOURCES, Ranker
from models.recommendations import KIND
from models.recommender import Recommender
from tests.models.markets import KETTLES, TEAS, tea_and_kettles
from tests.serving import tea_house
from tests.serving.conftest import Visit
from tests.serving.core import Core
from tests.serving.market import Market, at
from tests.serving.patience import until
from tests.serving.tea_house import BOOKS, TEA_DRINKER, ask, products, train

QUICK_RANKER = Ranker(sources={**{name: {} for name in SOURCES}, "content_ials": {"factors": 4}})


@pytest.fixture
def shop(tmp_path: Path) -> Market:
    return tea_house.tea_house(tmp_path / "published")


@pytest.fixture
def kitchen(tmp_path: Path) -> Market:
    """People buy tea every twentieth day and kettles once; a model has learned that."""
    market = Market(tmp_path / "published")
    market.vendor(1)
    for product in (*TEAS, *KETTLES):
        market.offer(product, 1)
    artifact = tea_house.learned(tmp_path, tea_and_kettles(), ALS(factors=4))
    artifacts.promote(tmp_path / "artifacts", KIND, artifact.version)
    return market


@pytest.mark.parametrize("model", [ALS(factors=4), QUICK_RANKER], ids=["ials", "ranker"])
def test_beside_a_tea_other_teas_are_shown(
    model: Recommender, shop: Market, visit: Visit, tmp_path: Path
) -> None:
    version = train(tmp_path, model=model).version
    shop.publish()
    answer = visit("operator").get("/v1/products/prd_1/similar?k=3").raise_for_status().json()
    assert set(products(answer)) == {2, 3, 4}
    assert answer["model_version"] == version
    assert {item["reason"]["text"] for item in answer["items"]} == {"Similar to Product 1"}
    assert {item["reason"]["evidence_product_id"] for item in answer["items"]} == {"prd_1"}


def test_beside_a_product_that_no_model_knows_its_category_sells(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    train(tmp_path)
    shop.offer(31, 1, category="Garden")
    shop.offer(32, 1, category="Garden")
    shop.offer(33, 1, category="Kitchen")
    shop.order(1, at("2026-11-20"), 32, 33, shopper=97)
    shop.publish()
    answer = visit("operator").get("/v1/products/prd_31/similar").raise_for_status().json()
    assert products(answer) == [32]
    assert answer["items"][0]["reason"]["kind"] == "popular"


def test_what_lies_in_the_same_orders_is_shown_while_it_can_be_bought(
    shop: Market, visit: Visit
) -> None:
    # The hand-built mart says: 1 and 2 are bought together.
    shop.publish()
    client = visit("operator")
    address = "/v1/products/prd_1/bought-together"
    answer = client.get(address).raise_for_status().json()
    assert products(answer) == [2]
    reason = answer["items"][0]["reason"]
    assert (reason["kind"], reason["evidence_product_id"]) == ("together", "prd_1")
    assert reason["text"] == "Often bought together with Product 1"
    assert client.get("/v1/products/prd_8/bought-together").json()["items"] == []
    shop.offers[2]["available_units"] = 0
    snapshot = shop.publish().snapshot_id
    until(lambda: client.get(address).json()["snapshot_id"] == snapshot)
    assert client.get(address).json()["items"] == []


def test_a_cart_is_heard_at_once_and_left_out(shop: Market, visit: Visit, tmp_path: Path) -> None:
    train(tmp_path)
    shop.publish()
    client = visit("operator")
    stranger = ask(client, occasion="/cart?product=prd_5&product=prd_6", k=2)
    assert set(products(stranger)) == {7, 8}
    reason = stranger["items"][0]["reason"]
    assert reason["kind"] == "carted"
    assert reason["text"] in (
        "Goes with Product 5 in your cart",
        "Goes with Product 6 in your cart",
    )
    known = ask(client, TEA_DRINKER, occasion="/cart?product=prd_3", k=1)
    assert products(known) == [4]


def test_without_a_model_a_cart_is_still_left_out(shop: Market, visit: Visit) -> None:
    shop.publish()
    assert products(ask(visit("operator"), occasion="/cart?product=prd_8")) == [4]


def test_what_is_bought_again_comes_back_when_it_is_due(kitchen: Market, visit: Visit) -> None:
    kitchen.publish()
    answer = ask(visit("operator"), 0, occasion="/buy-again")
    # Shopper 0 bought the first tea six times and the first kettle sixteen times at once.
    assert products(answer) == [TEAS[0]]
    assert answer["items"][0]["reason"]["text"] == "You bought this before"


def test_what_was_bought_yesterday_is_not_due(kitchen: Market, visit: Visit) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    kitchen.order(1, yesterday, TEAS[0], shopper=0)
    kitchen.order(1, yesterday - timedelta(days=365), TEAS[1], shopper=0)
    kitchen.publish()
    assert products(ask(visit("operator"), 0, occasion="/buy-again")) == [TEAS[1]]


def test_the_shoppers_page_has_a_shelf_of_what_is_due(
    kitchen: Market, core: Core, visit: Visit
) -> None:
    shopper = core.shopper()
    last_year = datetime.now(UTC) - timedelta(days=365)
    kitchen.order(1, last_year, TEAS[0], shopper=shopper["shopper_pseudonym"])
    kitchen.publish()
    page = visit("shopper", shopper["shopper_id"]).get("/").raise_for_status().text
    home, _, shelf = page.partition("Buy it again")
    assert f"<strong>Product {TEAS[0]}</strong>" in shelf
    assert "You bought this before" in shelf
    assert f"<strong>Product {TEAS[0]}</strong>" not in home, "one shelf for it is enough"
    assert "<strong>Product" in home
    assert "Buy it again" not in visit("operator").get("/").text


def test_a_stranger_and_a_market_without_a_model_have_nothing_to_buy_again(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    shop.publish()
    client = visit("operator")
    assert ask(client, 98, occasion="/buy-again")["items"] == []
    train(tmp_path)
    assert ask(client, occasion="/buy-again")["items"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/products/prd_999/similar", 404, "product_unknown"),
        ("/v1/products/999/similar", 404, "product_unknown"),
        ("/v1/products/prd_999/bought-together", 404, "product_unknown"),
        ("/v1/products/prd_1/similar?k=0", 422, "invalid_request"),
        ("/v1/recommendations/cart", 422, "invalid_request"),
        ("/v1/recommendations/cart?product=tea", 404, "product_unknown"),
        ("/v1/recommendations/cart?" + "&".join(["product=prd_1"] * 51), 422, "invalid_request"),
        ("/v1/recommendations/buy-again?shopper=shp_1", 422, "shopper_unclear"),
    ],
)
def test_a_bad_question_is_told_why(
    shop: Market, visit: Visit, path: str, status: int, code: str
) -> None:
    shop.publish()
    refused = visit("operator").get(path)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_each_occasion_is_for_shoppers_and_their_own(
    shop: Market, core: Core, visit: Visit
) -> None:
    shop.publish()
    shopper = visit("shopper", core.shopper()["shopper_id"])
    for path in (
        "/v1/products/prd_1/similar",
        "/v1/products/prd_1/bought-together",
        "/v1/recommendations/cart?product=prd_1",
        "/v1/recommendations/buy-again",
    ):
        assert visit().get(path).status_code == 401
        assert visit("vendor", 1).get(path).json()["code"] == "role_not_allowed"
        assert shopper.get(path).is_success
    other = "/v1/recommendations/buy-again?shopper_pseudonym=11"
    assert shopper.get(other).json()["code"] == "role_not_allowed"


def test_everything_out_of_stock_leaves_every_list_empty(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    train(tmp_path)
    for product in (*tea_house.TEAS, *BOOKS):
        shop.offers[product]["available_units"] = 0
    shop.publish()
    client = visit("operator")
    for path in (
        "/v1/products/prd_1/similar",
        "/v1/products/prd_1/bought-together",
        "/v1/recommendations/cart?product=prd_1",
    ):
        assert client.get(path).raise_for_status().json()["items"] == []
