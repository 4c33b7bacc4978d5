"""Routes of product images."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from transactional.catalogue import images, products
from transactional.database import Transaction
from transactional.http.market import OnceOnly, Running, VendorOrOperator
from transactional.http.products import demand_may_change
from transactional.http.wire import Answer, Body, ImageId, ProductId

router = APIRouter(tags=["catalogue"])


class ImageBody(Body):
    url: Annotated[str, Field(min_length=1, max_length=2_000, pattern="^https?://")]


class Image(Answer):
    """`refusal` says why a refused one is not shown."""

    product_image_id: ImageId
    product_id: ProductId
    url: str
    status: Literal["pending", "accepted", "refused"]
    media_type: str | None
    size_bytes: int | None
    width_px: int | None
    height_px: int | None
    refusal: str | None
    created_at: AwareDatetime


class Images(Answer):
    data: list[Image]


@router.post("/v1/products/{product_id}/images", status_code=202, response_model=Image)
def submit_image(
    product_id: ProductId, body: ImageBody, who: VendorOrOperator, once: OnceOnly
) -> JSONResponse:
    """Fetched and inspected in a moment: at most 5 MB of JPEG, PNG, WebP or GIF."""

    def submit(connection: Transaction) -> Image:
        demand_may_change(connection, who, product_id)
        now, may_be_local = once.market.clock(), once.market.are_webhooks_local
        return Image.of(
            images.submit(connection, product_id, body.url, now, may_be_local=may_be_local)
        )

    return once.answer(202, submit)


@router.get("/v1/products/{product_id}/images")
def list_images(product_id: ProductId, _: VendorOrOperator, market: Running) -> Images:
    """All of them, at most 20: waiting, accepted and refused."""
    with market.database.transaction() as connection:
        products.read(connection, product_id)
        return Images(data=Image.of_all(images.of_product(connection, product_id)))


@router.delete("/v1/products/{product_id}/images/{product_image_id}", status_code=204)
def remove_image(
    product_id: ProductId, product_image_id: ImageId, who: VendorOrOperator, market: Running
) -> None:
    """Where the product was shown with it, the oldest accepted one that is left takes its place."""
    with market.database.transaction() as connection:
        demand_may_change(connection, who, product_id)
        images.remove(connection, product_id, product_image_id)
