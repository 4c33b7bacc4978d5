"""An owner who shops is not shown what their own shops sell, whatever the occasion."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from models import artifacts
from models.als import ALS
from models.recommendations import KIND
from tests.models.markets import KETTLES, TEAS, tea_and_kettles
from tests.serving import tea_house
from tests.serving.conftest import Visit
from tests.serving.core import Core
from tests.serving.market import Market, at
from tests.serving.tea_house import train

OWN, OTHERS = "ven_1", "ven_2"
HOME = "/v1/recommendations"


def shown(client: httpx.Client, address: str) -> set[str]:
    answer: dict[str, Any] = client.get(address).raise_for_status().json()
    return {item["vendor_id"] for item in answer["items"]}


@pytest.fixture
def shop(tmp_path: Path) -> Market:
    """Every second thing is sold by another vendor."""
    market = tea_house.tea_house(tmp_path / "published")
    market.vendor(2)
    for product in (1, 3, 5, 7):
        market.offers[product]["vendor_id"] = 2
    market.order(2, at("2026-11-20"), 1, 7, shopper=99)
    return market


@pytest.mark.parametrize("is_trained", [True, False], ids=["model", "no model"])
@pytest.mark.parametrize(
    "address",
    [HOME, f"{HOME}/cart?product=prd_5", "/v1/products/prd_2/similar"],
)
def test_its_owner_is_shown_what_others_sell(
    address: str, is_trained: bool, shop: Market, core: Core, visit: Visit, tmp_path: Path
) -> None:
    if is_trained:
        train(tmp_path)
    shop.publish()
    stranger = visit("shopper", core.shopper()["shopper_id"])
    assert shown(stranger, address) == {OWN, OTHERS}
    assert shown(visit("shopper", core.owner(1)), address) == {OTHERS}


def test_nor_what_is_bought_together(shop: Market, core: Core, visit: Visit) -> None:
    # The hand-built mart says: 1 and 2 are bought together.
    shop.publish()
    address = "/v1/products/prd_1/bought-together"
    assert shown(visit("operator"), address) == {OWN}
    assert shown(visit("shopper", core.owner(1)), address) == set()


def test_nor_what_is_due_again_nor_on_the_page(core: Core, visit: Visit, tmp_path: Path) -> None:
    market = Market(tmp_path / "published")
    market.vendor(1)
    market.vendor(2)
    for product in (*TEAS, *KETTLES):
        market.offer(product, 1 + product % 2)
    artifact = tea_house.learned(tmp_path, tea_and_kettles(), ALS(factors=4))
    artifacts.promote(tmp_path / "artifacts", KIND, artifact.version)
    owner = core.owner(1)
    last_year = datetime.now(UTC) - timedelta(days=365)
    pseudonym = core.pseudonym(owner)
    market.order(1, last_year, 2, shopper=pseudonym)
    market.order(2, last_year, 3, shopper=pseudonym)
    market.publish()
    client = visit("shopper", owner)
    assert shown(client, f"{HOME}/buy-again") == {OTHERS}
    page = client.get("/").raise_for_status().text
    assert "<strong>Product 3</strong>" in page
    assert "<strong>Product 2</strong>" not in page
