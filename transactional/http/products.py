"""Routes of categories, products and variants."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional.access.tokens import Caller
from transactional.catalogue import categories, images, products
from transactional.catalogue.products import NewProduct, NewVariant, ProductChange, VariantChange
from transactional.database import Row, Transaction
from transactional.http.market import OnceOnly, Operator, Running, VendorOrOperator
from transactional.http.wire import (
    Answer,
    Body,
    CategoryId,
    Limit,
    Page,
    ProductId,
    VariantId,
    page,
    position,
)
from transactional.people import reviews

router = APIRouter(tags=["catalogue"])
DEFAULT_PAGE = 50
MOST_ATTRIBUTES = 20

Title = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Brand = Annotated[str, Field(max_length=200)]
ImageUrl = Annotated[str, Field(min_length=1, max_length=2_000, pattern="^https?://")]
Grams = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Attribute = Annotated[str, Field(max_length=200, pattern="^[^\\x00]*$")]
Attributes = Annotated[dict[Attribute, Attribute], Field(max_length=MOST_ATTRIBUTES)]


class CategoryBody(Body):
    name: Name
    parent_id: CategoryId | None = None


class CategoryChangeBody(Body):
    """`parent_id` null moves the category to the top; what is absent stays."""

    name: Name | None = None
    parent_id: CategoryId | None = None


class Category(Answer):
    category_id: CategoryId
    parent_id: CategoryId | None
    name: str


class ProductBody(Body):
    title: Title
    category_id: CategoryId | None = None
    brand: Brand | None = None
    image_url: Annotated[
        ImageUrl | None, Field(description="Shown once it was fetched and inspected.")
    ] = None
    weight_grams: Grams = 500


class ProductChangeBody(Body):
    title: Title | None = None
    category_id: CategoryId | None = None
    brand: Brand | None = None
    image_url: Annotated[ImageUrl | None, Field(description="One of its accepted images.")] = None
    weight_grams: Grams | None = None


class Product(Answer):
    product_id: ProductId
    category_id: CategoryId | None
    title: str
    brand: str | None
    image_url: str | None
    weight_grams: int
    created_at: AwareDatetime


class VariantBody(Body):
    name: Name
    attributes: Annotated[Attributes, Field(default_factory=dict, examples=[{"size": "M"}])]
    weight_grams: Annotated[Grams | None, Field(description="Null: its product's weight.")] = None


class VariantChangeBody(Body):
    name: Name | None = None
    attributes: Attributes | None = None
    weight_grams: Grams | None = None


class Variant(Answer):
    variant_id: VariantId
    product_id: ProductId
    name: str
    attributes: dict[str, str]
    weight_grams: int | None
    created_at: AwareDatetime


class ProductDetail(Product):
    """The mean of its reviews is stars_sum / review_count."""

    variants: list[Variant]
    review_count: int
    stars_sum: int


class Variants(Answer):
    data: list[Variant]


@router.post("/v1/categories", status_code=201, response_model=Category)
def create_category(body: CategoryBody, _: Operator, once: OnceOnly) -> JSONResponse:
    return once.answer(201, lambda c: Category.of(categories.create(c, body.name, body.parent_id)))


@router.get("/v1/categories")
def list_categories(
    market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Category]:
    with market.database.transaction() as connection:
        rows = categories.list_page(connection, position("cat", cursor), limit)
    return page(Category, rows, limit, "cat", "category_id")


@router.patch("/v1/categories/{category_id}")
def change_category(
    category_id: CategoryId, body: CategoryChangeBody, _: Operator, market: Running
) -> Category:
    """Rename it, move it with all its branches, or both."""
    with market.database.transaction() as connection:
        changed = categories.read(connection, category_id)
        if "parent_id" in body.model_fields_set:
            changed = categories.move(connection, category_id, body.parent_id)
        if body.name is not None:
            changed = categories.rename(connection, category_id, body.name)
    return Category.of(changed)


@router.post("/v1/products", status_code=201, response_model=Product)
def create_product(body: ProductBody, _: VendorOrOperator, once: OnceOnly) -> JSONResponse:
    new, url = NewProduct(**_without_image(body)), body.image_url

    def create(connection: Transaction) -> Product:
        product, market = products.create(connection, new), once.market
        if url is not None:
            key, may_be_local = product["product_id"], market.are_webhooks_local
            images.submit(connection, key, url, market.clock(), may_be_local=may_be_local)
        return Product.of(product)

    return once.answer(201, create)


@router.get("/v1/products")
def list_products(
    market: Running, cursor: str | None = None, limit: Limit = DEFAULT_PAGE
) -> Page[Product]:
    with market.database.transaction() as connection:
        rows = products.list_page(connection, position("prd", cursor), limit)
    return page(Product, rows, limit, "prd", "product_id")


@router.get("/v1/products/{product_id}")
def read_product(product_id: ProductId, market: Running) -> ProductDetail:
    with market.database.transaction() as connection:
        return _detail(connection, products.read(connection, product_id))


@router.patch("/v1/products/{product_id}")
def change_product(
    product_id: ProductId, body: ProductChangeBody, who: VendorOrOperator, market: Running
) -> ProductDetail:
    """A vendor changes what it alone sells; what several sell is an operator's to change."""
    with market.database.transaction() as connection:
        demand_may_change(connection, who, product_id)
        if body.image_url is not None:
            images.show(connection, product_id, body.image_url)
        change = ProductChange(**_without_image(body))
        return _detail(connection, products.change(connection, product_id, change))


@router.post("/v1/products/{product_id}/variants", status_code=201, response_model=Variant)
def create_variant(
    product_id: ProductId, body: VariantBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    new = NewVariant(**dict(body))

    def create(connection: Transaction) -> Variant:
        demand_may_change(connection, who, product_id)
        return Variant.of(products.create_variant(connection, product_id, new))

    return once.answer(201, create)


@router.get("/v1/products/{product_id}/variants")
def list_variants(product_id: ProductId, market: Running) -> Variants:
    """All of them: a product has at most 500."""
    with market.database.transaction() as connection:
        products.read(connection, product_id)
        return Variants(data=Variant.of_all(products.variants(connection, product_id)))


@router.patch("/v1/variants/{variant_id}")
def change_variant(
    variant_id: VariantId, body: VariantChangeBody, who: VendorOrOperator, market: Running
) -> Variant:
    with market.database.transaction() as connection:
        variant = products.read_variant(connection, variant_id)
        demand_may_change(connection, who, variant["product_id"])
        change = VariantChange(**dict(body))
        return Variant.of(products.change_variant(connection, variant_id, change))


def demand_may_change(connection: Transaction, who: Caller, product_id: int) -> None:
    """Raises ProductUnknownError, ProductSharedError."""
    if who.role == "vendor" and who.subject_id is not None:
        products.demand_unshared(connection, product_id, who.subject_id)


def _without_image(body: Body) -> dict[str, Any]:
    """As columns of the product; an image is a row of its own until it was inspected."""
    return {name: value for name, value in dict(body).items() if name != "image_url"}


def _detail(connection: Transaction, product: Row) -> ProductDetail:
    product_id = product["product_id"]
    rating = reviews.rating(connection, product_id)
    return ProductDetail.of(
        product
        | {
            "variants": products.variants(connection, product_id),
            "review_count": rating.review_count,
            "stars_sum": rating.stars_sum,
        }
    )
