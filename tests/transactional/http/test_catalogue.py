from itertools import count
from typing import Any

from fastapi.testclient import TestClient

from tests.transactional.market import TestMarket, Visit
from tests.transactional.pages import Page, picture, serving
from transactional.catalogue import images

KEYS = count(1)


def post(client: TestClient, path: str, body: Any, status: int = 201) -> Any:
    answer = client.post(path, json=body, headers={"Idempotency-Key": f"catalogue-{next(KEYS)}"})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_category_is_renamed_and_moved_by_an_operator(market: TestMarket, visit: Visit) -> None:
    operator = visit("operator")
    food = post(operator, "/v1/categories", {"name": "Food"})["category_id"]
    tea = post(operator, "/v1/categories", {"name": "Tee", "parent_id": food})["category_id"]
    changed = operator.patch(f"/v1/categories/{tea}", json={"name": "Tea"}).json()
    assert changed == {"category_id": tea, "parent_id": food, "name": "Tea"}
    refused = operator.patch(f"/v1/categories/{food}", json={"parent_id": tea, "name": "X"})
    assert (refused.status_code, refused.json()["code"]) == (409, "category_cycle")
    moved = operator.patch(f"/v1/categories/{tea}", json={"parent_id": None}).json()
    assert moved == {"category_id": tea, "parent_id": None, "name": "Tea"}
    assert operator.patch("/v1/categories/cat_404", json={}).status_code == 404
    vendor = visit("vendor", market.vendor(is_active=False))
    assert vendor.patch(f"/v1/categories/{tea}", json={"name": "Mine"}).status_code == 403


def test_a_vendor_builds_a_product_with_variants_and_offers_them(
    market: TestMarket, visit: Visit
) -> None:
    vendor = visit("vendor", market.vendor(is_active=False))
    product = post(vendor, "/v1/products", {"title": "Pot", "weight_grams": 900})["product_id"]
    body = {"name": "blue", "attributes": {"colour": "blue"}, "weight_grams": 950}
    variant = post(vendor, f"/v1/products/{product}/variants", body)
    offer = {"product_id": product, "variant_id": variant["variant_id"], "sku": "P-B"}
    offered = post(vendor, "/v1/offers", offer | {"price_cents": 4_000})
    assert offered["variant_id"] == variant["variant_id"]
    shown = visit().get(f"/v1/products/{product}").json()
    assert (shown["weight_grams"], shown["variants"]) == (900, [variant])
    other = {"product_id": product, "variant_id": "var_404", "sku": "P-X", "price_cents": 1}
    assert post(vendor, "/v1/offers", other, 404)["code"] == "variant_unknown"
    assert visit().get(f"/v1/products/{product}/variants").json()["data"] == [variant]


def test_a_product_that_several_sell_is_changed_by_an_operator_only(
    market: TestMarket, visit: Visit
) -> None:
    first, second = (visit("vendor", market.vendor(is_active=False)) for _ in range(2))
    product = post(first, "/v1/products", {"title": "Pot"})["product_id"]
    post(first, "/v1/offers", {"product_id": product, "sku": "P", "price_cents": 4_000})
    assert first.patch(f"/v1/products/{product}", json={"title": "Teapot"}).status_code == 200
    post(second, "/v1/offers", {"product_id": product, "sku": "P", "price_cents": 3_900})
    for client in (first, second):
        refused = client.patch(f"/v1/products/{product}", json={"title": "Mine"})
        assert (refused.status_code, refused.json()["code"]) == (409, "product_shared")
        post(client, f"/v1/products/{product}/variants", {"name": "blue"}, 409)
        post(client, f"/v1/products/{product}/images", {"url": "https://shop.example/a"}, 409)
    changed = visit("operator").patch(f"/v1/products/{product}", json={"brand": "Kyusu"}).json()
    assert (changed["title"], changed["brand"]) == ("Teapot", "Kyusu")


def test_an_image_is_submitted_fetched_and_shown(market: TestMarket, visit: Visit) -> None:
    operator = visit("operator")
    product = post(operator, "/v1/products", {"title": "Pot"})["product_id"]
    path = f"/v1/products/{product}/images"
    waiting = post(operator, path, {"url": "https://shop.example/a.png"}, 202)
    assert waiting["status"] == "pending"
    post(operator, path, {"url": "http://shop.example/a.png"}, 422)
    with serving({"/a.png": Page(picture())}) as site:
        market.rows("update product_images set url = %s returning 1", f"{site}/a.png")
        images.fetch_due(market.database, True, market.clock())
    (accepted,) = operator.get(path).json()["data"]
    assert (accepted["status"], accepted["media_type"]) == ("accepted", "image/png")
    assert visit().get(f"/v1/products/{product}").json()["image_url"] == accepted["url"]


def test_a_product_is_only_ever_shown_with_an_image_that_was_inspected(
    market: TestMarket, visit: Visit
) -> None:
    operator = visit("operator")
    bodies = {"title": "Pot", "image_url": "http://shop.example/a.png"}
    post(operator, "/v1/products", bodies, 422)
    bodies["image_url"] = "https://shop.example/a.png"
    created = post(operator, "/v1/products", bodies)
    path = f"/v1/products/{created['product_id']}"
    (waiting,) = operator.get(f"{path}/images").json()["data"]
    assert (created["image_url"], waiting["status"]) == (None, "pending")
    for url in (waiting["url"], "https://shop.example/never-seen.png"):
        refused = operator.patch(path, json={"title": "Teapot", "image_url": url})
        assert (refused.status_code, refused.json()["code"]) == (409, "image_not_accepted")
    assert operator.get(path).json()["title"] == "Pot"


def test_the_shown_image_is_chosen_and_a_removed_one_makes_room_for_the_next(
    market: TestMarket, visit: Visit
) -> None:
    operator = visit("operator")
    product = post(operator, "/v1/products", {"title": "Pot"})["product_id"]
    path = f"/v1/products/{product}"
    with serving({"/a.png": Page(picture()), "/b.png": Page(picture())}) as site:
        for name in ("a", "b"):
            url = f"https://shop.example/{name}.png"
            post(operator, f"{path}/images", {"url": url}, 202)
        market.rows("update product_images set url = replace(url, %s, %s) returning 1",
                    "https://shop.example", site)  # fmt: skip
        images.fetch_due(market.database, True, market.clock())
    first, second = operator.get(f"{path}/images").json()["data"]
    chosen = operator.patch(path, json={"image_url": second["url"]}).json()
    assert chosen["image_url"] == second["url"]
    for image, left in ((second, first["url"]), (first, None)):
        where = f"{path}/images/{image['product_image_id']}"
        assert operator.delete(where).status_code == 204
        assert operator.get(path).json()["image_url"] == left
        gone = operator.delete(where)
        assert (gone.status_code, gone.json()["code"]) == (404, "image_unknown")
