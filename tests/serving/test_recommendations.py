"""Recommendations over HTTP: a trained model, what is in stock, and what happens without either."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from models.content import ContentALS
from models.ranker import SOURCES, Ranker
from models.recommendations import KIND
from tests.serving.conftest import Visit
from tests.serving.core import Core
from tests.serving.market import Market, at
from tests.serving.patience import until
from tests.serving.tea_house import (
    NEW_TEA,
    TEA_DRINKER,
    TEAS,
    ask,
    products,
    tea_house,
    train,
)


@pytest.fixture
def shop(tmp_path: Path) -> Market:
    return tea_house(tmp_path / "published")


def test_a_known_shopper_gets_its_kind_without_what_it_bought(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    version = train(tmp_path).version
    shop.publish()
    answer = ask(visit("operator"), TEA_DRINKER, k=2)
    assert set(products(answer)) == {3, 4}
    assert answer["model_version"] == version
    assert answer["is_known_shopper"]
    reason = answer["items"][0]["reason"]
    assert reason["kind"] == "bought"
    assert reason["text"].startswith("Because you bought Product ")
    assert reason["evidence_product_id"] in ("prd_1", "prd_2")


def test_a_listing_that_nobody_has_touched_is_recommended_for_its_text(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    train(tmp_path, model=ContentALS(factors=4))
    shop.offer(NEW_TEA, 1)
    shop.publish()
    items = ask(visit("operator"), TEA_DRINKER, k=3)["items"]
    (new,) = [item for item in items if item["product_id"] == f"prd_{NEW_TEA}"]
    assert new["reason"]["evidence_product_id"] in ("prd_1", "prd_2")


def test_a_ranker_answers_with_the_reason_of_the_source_that_carried_the_item(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    quick = {**{name: {} for name in SOURCES}, "content_ials": {"factors": 4}}
    version = train(tmp_path, model=Ranker(sources=quick)).version
    shop.publish()
    answer = ask(visit("operator"), TEA_DRINKER, k=2)
    assert (answer["model"], answer["model_version"]) == ("ranker", version)
    assert set(products(answer)) == {3, 4}
    for item in answer["items"]:
        assert item["reason"]["kind"] == "bought"
        assert item["reason"]["evidence_product_id"] in ("prd_1", "prd_2")


def test_a_purchase_after_the_training_counts_at_once(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    train(tmp_path)
    shop.order(1, at("2026-11-21"), 3, shopper=TEA_DRINKER)
    shop.publish()
    assert products(ask(visit("operator"), TEA_DRINKER, k=1)) == [4]


def test_a_new_shopper_gets_what_is_popular(shop: Market, visit: Visit, tmp_path: Path) -> None:
    train(tmp_path)
    shop.publish()
    answer = ask(visit("operator"), 777)
    assert not answer["is_known_shopper"]
    assert {item["reason"]["text"] for item in answer["items"]} == {"Popular in the market"}


def test_nothing_out_of_stock_is_recommended(shop: Market, visit: Visit, tmp_path: Path) -> None:
    train(tmp_path)
    for product in (3, 5, 6, 7, 8):
        shop.offers[product]["available_units"] = 0
    shop.publish()
    client = visit("operator")
    assert products(ask(client, TEA_DRINKER, k=8)) == [4]
    assert set(products(ask(client, k=8))) == {1, 2, 4}


def test_a_shoppers_token_answers_for_that_shopper_only(
    shop: Market, core: Core, visit: Visit, tmp_path: Path
) -> None:
    train(tmp_path)
    shop.publish()
    shopper = core.shopper()
    client = visit("shopper", shopper["shopper_id"])
    own = f"?shopper=shp_{shopper['shopper_id']}"
    assert client.get(f"/v1/recommendations{own}").is_success
    for other in ("?shopper=shp_999", "?shopper_pseudonym=11"):
        refused = client.get(f"/v1/recommendations{other}")
        assert (refused.status_code, refused.json()["code"]) == (403, "role_not_allowed")


def test_who_may_not_ask_or_asks_badly_is_told(shop: Market, visit: Visit) -> None:
    shop.publish()
    address = "/v1/recommendations"
    assert visit().get(address).status_code == 401
    assert visit("vendor", 1).get(address).json()["code"] == "role_not_allowed"
    operator = visit("operator")
    assert operator.get(f"{address}?shopper=shp_1").json()["code"] == "shopper_unclear"
    for bad in ("k=0", "k=201", "k=many", "shopper_pseudonym=-1", f"shopper_pseudonym={2**70}"):
        assert operator.get(f"{address}?{bad}").json()["code"] == "invalid_request"


def test_without_a_model_the_best_sellers_in_stock_are_shown(shop: Market, visit: Visit) -> None:
    shop.publish()
    client = visit("operator")
    answer = ask(client)
    assert (answer["model"], answer["model_version"]) == ("popularity-fallback", None)
    assert products(answer) == [8, 4]
    assert products(ask(client, 98)) == [8]
    assert "fall back to popularity" in client.get("/readyz").text


def test_a_new_artifact_is_swapped_in_and_a_corrupt_one_is_not(
    shop: Market, visit: Visit, tmp_path: Path
) -> None:
    first = train(tmp_path).version
    shop.publish()
    client = visit("operator")
    assert ask(client)["model_version"] == first
    second = train(tmp_path, seed=2).version
    until(lambda: ask(client)["model_version"] == second)

    third = train(tmp_path, seed=3, is_promoted=False).version
    folder = tmp_path / "artifacts" / KIND
    (folder / third / "product_ids.npy").write_bytes(b"damaged")
    (folder / "LIVE.json").write_text(json.dumps({"version": third, "history": [third]}))
    until(lambda: "was changed" in client.get("/readyz").text)
    assert ask(client)["model_version"] == second

    (folder / "LIVE.json").unlink()
    until(lambda: "no such artifact" in client.get("/readyz").text)
    assert ask(client)["model_version"] == second


def test_what_was_looked_at_a_moment_ago_changes_the_next_answer(
    shop: Market, core: Core, visit: Visit, tmp_path: Path
) -> None:
    train(tmp_path)
    shop.publish()
    client = visit("operator")
    visitor = 4_242
    assert not ask(client, visitor)["is_known_shopper"]
    events = [
        {
            "type": "view",
            "shopper_pseudonym": visitor,
            "product_id": product,
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        for product in TEAS[:2]
    ]
    with redis.Redis.from_url(core.redis_url) as stream:
        for event in events:
            stream.xadd("rynek:behaviour", {"event": json.dumps(event)})
    until(lambda: ask(client, visitor)["is_known_shopper"])
    answer = ask(client, visitor, k=4)
    assert set(products(answer)) == set(TEAS)
    assert {item["reason"]["kind"] for item in answer["items"]} == {"viewed"}


def test_one_vendors_flood_leaves_room_for_the_others(visit: Visit, tmp_path: Path) -> None:
    market = Market(tmp_path / "published")
    for vendor in range(1, 9):
        market.vendor(vendor)
    for product in range(1, 31):
        market.offer(product, 1 if product <= 20 else product - 20 - 7 * (product > 28))
    for product in range(1, 31):
        market.order(1, at("2026-11-20"), *[product] * (31 - product), shopper=99)
    market.publish()
    items = ask(visit("operator"), k=10)["items"]
    vendors = [item["vendor_id"] for item in items]
    assert len(items) == 10
    assert vendors.count("ven_1") == 3


def test_a_vendor_whom_nobody_saw_gets_a_place(visit: Visit, tmp_path: Path) -> None:
    market = Market(tmp_path / "published")
    for vendor in range(1, 12):
        market.vendor(vendor)
        for place in range(3):
            market.offer(3 * vendor + place, vendor)
    for vendor in range(1, 11):
        for place in range(3):
            for _ in range(2):
                market.order(vendor, at("2026-11-20"), 3 * vendor + place, shopper=99)
    market.order(11, at("2026-01-20"), 33, shopper=99)
    market.order(11, at("2026-08-30"), 33, shopper=99)
    market.publish()
    items = ask(visit("operator"), k=10)["items"]
    assert "ven_11" in {item["vendor_id"] for item in items}


def test_stock_that_runs_out_leaves_the_list_within_moments(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    vendor_id = core.vendor()
    tea = core.offer(vendor_id, units=7)
    mug = core.offer(vendor_id, units=7)
    buyer, other = core.shopper()["shopper_id"], core.shopper()["shopper_id"]
    core.paid_order(buyer, (tea, 1), (mug, 1))
    core.relay_once()
    core.publish(tmp_path / "published")
    client = visit("operator")
    shown = {item["offer_id"] for item in ask(client, k=50)["items"]}
    assert {f"off_{tea}", f"off_{mug}"} <= shown

    def is_told() -> bool:
        shown = {item["offer_id"]: item["price_cents"] for item in ask(client, k=50)["items"]}
        return f"off_{tea}" not in shown and shown[f"off_{mug}"] == 1

    with core.relaying():
        core.paid_order(other, (tea, 6))
        core.change_offer(mug, price_cents=1)
        until(is_told, seconds=2)
