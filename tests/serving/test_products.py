"""A vendor's products: sales over a span, live orders included, sorted and paged."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.http.cursors import cursor
from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.patience import until

NOVEMBER = "/v1/vendors/ven_1/products?from=2026-11-01&to=2026-11-22"


@pytest.fixture(scope="module")
def vendor(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("home")
    small_market(home).publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)("vendor", 1)


def pages(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    items, cursor = [], ""
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        answer = client.get(f"{address}&limit=2{after}").raise_for_status().json()
        items += answer["items"]
        cursor = answer["next_cursor"]
    return items


def test_a_product_shows_its_sales_conversion_and_stock(vendor: httpx.Client) -> None:
    first = vendor.get(NOVEMBER).json()["items"][0]
    assert first["product_id"] == "prd_2"
    assert (first["revenue_cents"], first["orders"], first["units"]) == (8_000, 2, 4)
    assert first["conversion"] == {"value": 0.1, "numerator": 2, "denominator": 20}
    assert first["stock"] == {"available_units": 10, "low_stock_threshold": 3, "level": "good"}


@pytest.mark.parametrize(
    ("sort", "direction", "order"),
    [
        ("revenue", "desc", [2, 3, 1, 4, 5]),
        ("revenue", "asc", [4, 5, 1, 3, 2]),
        ("units", "desc", [2, 1, 3, 4, 5]),
        ("title", "asc", [1, 2, 3, 4, 5]),
        ("title", "desc", [5, 4, 3, 2, 1]),
        ("conversion", "desc", [1, 2, 3, 4, 5]),
        ("conversion", "asc", [1, 2, 3, 4, 5]),
    ],
)
def test_pages_together_are_the_whole_table_in_order(
    vendor: httpx.Client, sort: str, direction: str, order: list[int]
) -> None:
    items = pages(vendor, f"{NOVEMBER}&sort={sort}&direction={direction}")
    assert [item["product_id"] for item in items] == [f"prd_{product}" for product in order]


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJvcmRlcnMiLDEsMl0"])
def test_a_cursor_of_another_list_is_refused(vendor: httpx.Client, cursor: str) -> None:
    answer = vendor.get(f"{NOVEMBER}&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


@pytest.mark.parametrize(
    "place", [["x", 1], [1, 2**70], [2**70, 1], [True, 1], [1], ["1", "1", "1"]]
)
def test_a_cursor_that_was_made_up_is_refused(vendor: httpx.Client, place: list[Any]) -> None:
    word = cursor("products.revenue.desc", tuple(place))
    answer = vendor.get(f"{NOVEMBER}&cursor={word}")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


def test_the_tag_is_of_the_days_that_were_meant(vendor: httpx.Client) -> None:
    tags = {
        vendor.get(f"/v1/vendors/ven_1/products?from=2026-11-01&to={day}").headers["etag"]
        for day in ("2026-11-20", "2026-11-21")
    }
    assert len(tags) == 2, "without dates today is meant, and at midnight that is another day"


def test_live_orders_and_stock_are_in_the_table_once(
    core: Core, visit: Visit, tmp_path: Path
) -> None:
    vendor_id = core.vendor()
    tea = core.offer(vendor_id, 1_500, units=6)
    shopper = core.shopper()["shopper_id"]
    core.paid_order(shopper, (tea, 1))
    with core.database.transaction() as connection:
        waiting = core.place(connection, shopper, (tea, 2))
    core.relay_once()
    core.publish(tmp_path / "published")
    client = visit("vendor", vendor_id)

    def row() -> tuple[int, int, int, str]:
        (item,) = client.get(f"/v1/vendors/ven_{vendor_id}/products").json()["items"]
        return item["revenue_cents"], item["orders"], item["units"], item["stock"]["level"]

    assert row() == (1_500, 1, 1, "low")
    with core.database.transaction() as connection:
        core.pay(connection, waiting)
    core.paid_order(shopper, (tea, 3))
    core.relay_once()
    until(lambda: row() == (9_000, 3, 6, "out"))
    core.publish(tmp_path / "published")
    reloaded = client.get(f"/v1/vendors/ven_{vendor_id}/products").json()["freshness"]
    until(lambda: client.get("/readyz").json()["snapshot_id"] != reloaded["snapshot_id"], seconds=5)
    assert row() == (9_000, 3, 6, "out")
