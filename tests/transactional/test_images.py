import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.rynek.local.stripe.standins import until
from tests.transactional.market import TestMarket
from tests.transactional.pages import Page, picture, serving
from transactional.catalogue import images, pictures, products
from transactional.catalogue.images import ImagesFullError
from transactional.catalogue.pictures import Picture, PictureRefusedError
from transactional.catalogue.products import NewProduct
from transactional.database import Row
from transactional.messages import outbound
from transactional.messages.outbound import AddressRefusedError

PAGES: dict[str, Page] = {}


@pytest.fixture
def site() -> Iterator[str]:
    PAGES.clear()
    with serving(PAGES) as address:
        yield address


@pytest.fixture
def product(market: TestMarket) -> int:
    with market.database.transaction() as connection:
        return int(products.create(connection, NewProduct("Teapot"))["product_id"])


def submit(market: TestMarket, product_id: int, url: str) -> Row:
    with market.database.transaction() as connection:
        return images.submit(connection, product_id, url, market.clock(), may_be_local=True)


def fetched(market: TestMarket, product_id: int, url: str, **how: Any) -> Row:
    """What became of the image of this address after one look of the worker."""
    image_id = submit(market, product_id, url)["product_image_id"]
    assert images.fetch_due(market.database, how.get("may_be_local", True), market.clock()) == 1
    (row,) = market.rows("select * from product_images where product_image_id = %s", image_id)
    return row


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes that say they unpack to a picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_known_by_its_content(kind: str) -> None:
    body = picture(kind)
    assert pictures.inspect(body) == Picture(f"image/{kind.lower()}", len(body), 64, 48)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<svg onload='alert(1)'/>", "is no JPEG"),
        (b"", "is no JPEG"),
        (picture("BMP"), "is no JPEG"),
        (picture()[:100], "cannot be decoded"),
        (picture(width=31), "pixels a side"),
        (png_claiming(10_001, 100), "pixels a side"),
        (png_claiming(9_000, 9_000), "more than 25000000 pixels"),
        (png_claiming(60_000, 60_000), "pixels"),
    ],
)
def test_what_cannot_be_shown_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(PictureRefusedError, match=reason):
        pictures.inspect(body)


def test_the_first_accepted_image_is_what_the_product_is_shown_with(
    market: TestMarket, site: str, product: int
) -> None:
    PAGES["/a.png"] = Page(picture(), headers={"Content-Type": "text/plain"})
    PAGES["/b.jpg"] = Page(picture("JPEG"))
    accepted = fetched(market, product, f"{site}/a.png")
    assert (accepted["status"], accepted["media_type"], accepted["width_px"]) == (
        "accepted",
        "image/png",
        64,
    )
    assert fetched(market, product, f"{site}/b.jpg")["status"] == "accepted"
    assert market.value("select image_url from products") == f"{site}/a.png"
    assert images.fetch_due(market.database, True, market.clock()) == 0


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(b"not a picture"), "is no JPEG"),
        (Page(b"x" * 5_000_001), "more than 5000000 bytes"),
        (Page(status=404), "status 404"),
        (Page(status=302, headers={"Location": "/page"}), "redirects more than 3 times"),
        (Page(status=302, headers={"Location": "http://10.0.0.1/a.png"}), "public internet"),
        (Page(status=302, headers={"Location": "http://169.254.169.254/"}), "public internet"),
        (Page(status=302, headers={"Location": "file:///etc/passwd"}), "public internet"),
    ],
)
def test_an_image_that_cannot_be_had_is_refused_with_the_reason(
    market: TestMarket, site: str, product: int, page: Page, reason: str
) -> None:
    PAGES["/page"] = page
    refused = fetched(market, product, f"{site}/page")
    assert refused["status"] == "refused"
    assert reason in refused["refusal"]
    assert market.value("select image_url from products") is None


def test_a_redirect_is_followed_to_a_picture(market: TestMarket, site: str, product: int) -> None:
    PAGES["/old"] = Page(status=301, headers={"Location": "/new"})
    PAGES["/new"] = Page(picture())
    assert fetched(market, product, f"{site}/old")["status"] == "accepted"


def test_a_failing_address_is_tried_again_later_and_given_up_in_the_end(
    market: TestMarket, site: str, product: int
) -> None:
    PAGES["/a.png"] = Page(status=503)
    assert fetched(market, product, f"{site}/a.png")["status"] == "pending"
    assert images.fetch_due(market.database, True, market.clock()) == 0
    for _ in range(images.MOST_TRIES - 1):
        market.clock.advance(days=1)
        assert images.fetch_due(market.database, True, market.clock()) == 1
    assert market.value("select refusal from product_images") == "answered with status 503"
    PAGES["/a.png"] = Page(picture())
    assert fetched(market, product, f"{site}/a.png")["status"] == "accepted"


def test_a_broken_off_answer_is_no_picture_but_asked_for_again(
    market: TestMarket, site: str, product: int
) -> None:
    PAGES["/a.png"] = Page(picture(), headers={"Content-Length": "9999", "Connection": "close"})
    assert fetched(market, product, f"{site}/a.png")["status"] == "pending"


def test_an_address_inside_is_never_called(market: TestMarket, site: str, product: int) -> None:
    PAGES["/a.png"] = Page(picture())
    refused = fetched(market, product, f"{site}/a.png", may_be_local=False)
    assert (refused["status"], "public internet" in refused["refusal"]) == ("refused", True)
    for url in ("ftp://files.example/a.png", "http://user@shop.example/a", "https://"):
        with pytest.raises(AddressRefusedError):
            submit(market, product, url)
    for url in ("https://127.0.0.1/a", "https://[::1]/a", "https://[::ffff:10.0.0.1]/a"):
        with pytest.raises(AddressRefusedError):
            outbound.demand_callable(url, may_be_local=False)
    with pytest.raises(AddressRefusedError):
        outbound.get("https://localhost/a", 100, may_be_local=False)
    with pytest.raises(AddressRefusedError):
        submit(market, product, "http://10.0.0.1/a.png")


def test_a_product_has_at_most_20_images(market: TestMarket, product: int) -> None:
    for number in range(images.MOST_PER_PRODUCT):
        submit(market, product, f"https://shop.example/{number}.png")
    with pytest.raises(ImagesFullError):
        submit(market, product, "https://shop.example/more.png")
    submit(market, product, "https://shop.example/0.png")


def test_a_worker_that_was_thought_gone_settles_nothing(
    market: TestMarket, site: str, product: int
) -> None:
    PAGES["/a.png"] = Page(picture())
    submit(market, product, f"{site}/a.png")
    with market.database.transaction() as connection:
        (stale,) = images._claim(connection, market.clock())
    market.clock.advance(minutes=10)
    PAGES["/a.png"] = Page(status=404)
    assert images.fetch_due(market.database, True, market.clock()) == 1
    with market.database.transaction() as connection:
        images._accept(connection, stale, pictures.inspect(picture()))
    assert market.value("select status from product_images") == "refused"
    assert market.value("select image_url from products") is None


def test_an_image_that_is_removed_while_it_is_accepted_is_gone(
    market: TestMarket, product: int
) -> None:
    image_id = submit(market, product, "https://shop.example/a.png")["product_image_id"]
    with market.database.transaction() as connection:
        (claimed,) = images._claim(connection, market.clock())

    def accept() -> None:
        with market.database.transaction() as connection:
            images._accept(connection, claimed, pictures.inspect(picture()))

    with ThreadPoolExecutor(1) as beside:
        with market.database.transaction() as connection:
            products.lock(connection, product)
            accepting = beside.submit(accept)
            until(lambda: market.value("select count(*) from pg_locks where not granted") == 1)
            images.remove(connection, product, image_id)
        accepting.result()
    assert market.value("select count(*) from product_images") == 0
    assert market.value("select image_url from products") is None
