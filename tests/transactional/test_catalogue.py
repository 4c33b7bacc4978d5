import threading

import pytest

from tests.transactional.market import TestMarket
from transactional.catalogue import categories, offers, products
from transactional.catalogue.categories import CategoryCycleError, CategoryUnknownError
from transactional.catalogue.offers import NewOffer, SkuTakenError
from transactional.catalogue.products import (
    NewProduct,
    NewVariant,
    ProductSharedError,
    ProductUnknownError,
    VariantChange,
    VariantNameTakenError,
    VariantUnknownError,
)
from transactional.database import Row


def category(market: TestMarket, name: str, parent_id: int | None = None) -> int:
    with market.database.transaction() as connection:
        return int(categories.create(connection, name, parent_id)["category_id"])


def move(market: TestMarket, category_id: int, parent_id: int | None) -> None:
    with market.database.transaction() as connection:
        categories.move(connection, category_id, parent_id)


def parents(market: TestMarket) -> dict[int, int | None]:
    rows = market.rows("select category_id, parent_id from categories")
    return {row["category_id"]: row["parent_id"] for row in rows}


def product(market: TestMarket) -> int:
    with market.database.transaction() as connection:
        return int(products.create(connection, NewProduct("Teapot"))["product_id"])


def variant(market: TestMarket, product_id: int, name: str) -> Row:
    with market.database.transaction() as connection:
        return products.create_variant(connection, product_id, NewVariant(name))


def offer(market: TestMarket, product_id: int, sku: str, variant_id: int | None = None) -> Row:
    new = NewOffer(product_id, market.vendor(is_active=False), sku, 100, 1, 5, variant_id)
    with market.database.transaction() as connection:
        return offers.create_offer(connection, new, market.clock())


def test_a_branch_moves_with_all_below_it_but_never_under_itself(market: TestMarket) -> None:
    food, home = category(market, "Food"), category(market, "Home")
    tea = category(market, "Tea", food)
    green = category(market, "Green tea", tea)
    move(market, tea, home)
    assert parents(market) == {food: None, home: None, tea: home, green: tea}
    for parent_id in (tea, green):
        with pytest.raises(CategoryCycleError):
            move(market, tea, parent_id)
    move(market, tea, None)
    assert parents(market)[tea] is None
    with pytest.raises(CategoryUnknownError):
        move(market, tea, 404)


def test_two_moves_at_once_close_no_circle(market: TestMarket) -> None:
    for _ in range(5):
        first, second = category(market, "First"), category(market, "Second")
        refused: list[Exception] = []

        def attempt(moved: int, under: int, refused: list[Exception] = refused) -> None:
            try:
                move(market, moved, under)
            except CategoryCycleError as error:
                refused.append(error)

        moves = [(first, second), (second, first)]
        threads = [threading.Thread(target=attempt, args=pair) for pair in moves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1


def test_a_category_is_found_by_its_names_from_the_top(market: TestMarket) -> None:
    tea = category(market, "Tea", category(market, "Food"))
    twins = [category(market, "Gifts"), category(market, "gifts ")]
    with market.database.transaction() as connection:
        found = categories.paths(connection)
    assert found["food", "tea"] == [tea]
    assert found[("gifts",)] == twins


def test_an_offer_is_of_a_variant_of_its_own_product(market: TestMarket) -> None:
    teapot, cup = product(market), product(market)
    blue = variant(market, teapot, "blue")["variant_id"]
    assert offer(market, teapot, "POT-BLUE", blue)["variant_id"] == blue
    with pytest.raises(VariantUnknownError):
        offer(market, cup, "CUP-BLUE", blue)
    with pytest.raises(ProductUnknownError):
        offer(market, 404, "NOTHING")


def test_a_sku_is_its_vendors_own(market: TestMarket) -> None:
    teapot, vendor_id = product(market), market.vendor(is_active=False)
    new = NewOffer(teapot, vendor_id, "POT", 100, 1, 5)
    with market.database.transaction() as connection:
        offers.create_offer(connection, new, market.clock())
    with pytest.raises(SkuTakenError), market.database.transaction() as connection:
        offers.create_offer(connection, new, market.clock())
    offer(market, teapot, "POT")


def test_the_variants_of_a_product_have_names_of_their_own(market: TestMarket) -> None:
    teapot = product(market)
    blue, red = variant(market, teapot, "blue"), variant(market, teapot, "red")
    with pytest.raises(VariantNameTakenError):
        variant(market, teapot, "blue")
    change = VariantChange(attributes={"colour": "crimson"}, weight_grams=700)
    with market.database.transaction() as connection:
        products.change_variant(connection, red["variant_id"], change)
        found = products.variants(connection, teapot)
    assert found[0] == blue
    assert (found[1]["name"], found[1]["weight_grams"]) == ("red", 700)
    assert found[1]["attributes"] == {"colour": "crimson"}


def test_a_product_that_another_vendor_sells_too_is_not_one_vendors_to_change(
    market: TestMarket,
) -> None:
    teapot = product(market)
    first = offer(market, teapot, "POT")["vendor_id"]
    with market.database.transaction() as connection:
        products.demand_unshared(connection, teapot, first)
    offer(market, teapot, "POT")
    with pytest.raises(ProductSharedError), market.database.transaction() as connection:
        products.demand_unshared(connection, teapot, first)


def test_every_price_is_kept_with_the_moment_it_began(market: TestMarket) -> None:
    offer = market.offer(price_cents=1_000)
    for price in (1_200, 1_200, 900):
        market.rows(
            "update offers set price_cents = %s where offer_id = %s returning 1 as n", price, offer
        )
    kept = market.rows(
        "select price_cents from offer_prices where offer_id = %s order by offer_price_id", offer
    )
    assert [row["price_cents"] for row in kept] == [1_000, 1_200, 900]
