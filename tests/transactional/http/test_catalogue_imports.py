import csv
import io
import socket
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from tests.serving.core import listening
from tests.serving.patience import until
from tests.transactional.market import TestMarket, Visit
from transactional.catalogue import categories, imports
from transactional.catalogue.imports import Claim, ImportRunningError, ImportTakenOverError
from transactional.catalogue.plan import Plan
from transactional.http import body_limit
from transactional.http.app import create_app
from transactional.http.catalogue_imports import CHUNK_BYTES

KEYS = count(1)
HEADER = "sku,title,category,brand,price,units,low_stock_threshold\n"


@pytest.fixture
def vendor(market: TestMarket) -> int:
    with market.database.transaction() as connection:
        food = categories.create(connection, "Food", None)["category_id"]
        categories.create(connection, "Tea", food)
    return market.vendor(is_active=False)


def send(
    client: httpx.Client,
    vendor_id: int,
    body: str | bytes | Iterator[bytes],
    key: str | None = None,
) -> httpx.Response:
    headers = {"Idempotency-Key": key or f"import-{next(KEYS)}", "Content-Type": "text/csv"}
    path = f"/v1/vendors/ven_{vendor_id}/catalogue-imports"
    answer: httpx.Response = client.post(path, content=body, headers=headers)
    return answer


def counts(report: Any) -> tuple[int, int, int, int, int]:
    """Read, kept, refused, created, changed."""
    names = ("rows_read", "rows_kept", "rows_refused", "offers_created", "offers_changed")
    read, kept, refused, created, changed = (report[name] for name in names)
    return read, kept, refused, created, changed


def faults(client: TestClient, report: Any) -> list[tuple[int, str]]:
    path = f"/v1/catalogue-imports/{report['catalogue_import_id']}/errors"
    return [(fault["line"], fault["column"]) for fault in client.get(path).json()["data"]]


def test_good_rows_are_kept_and_every_bad_one_is_reported(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client = visit("vendor", vendor)
    rows = [
        "TEA-1,Green tea,Food > Tea,Leaf,12.99,40,10",
        "TEA-2,Black tea,Food > Coffee,Leaf,free,10,",
        "TEA-1,Green tea again,,,9.99,,",
        "TEA-3,White tea",
        "TEA-4,,,,5.00,,",
        'TEA-5,"Oolong, rolled",cat_2,,"7,50",,',
    ]
    answer = send(client, vendor, HEADER + "\n".join(rows))
    report = answer.json()
    assert (answer.status_code, report["status"]) == (201, "finished")
    assert counts(report) == (6, 2, 4, 2, 0)
    assert faults(client, report) == [
        (3, "category"),
        (3, "price"),
        (4, "sku"),
        (5, "(row)"),
        (6, "title"),
    ]
    kept = market.rows(
        "select sku, title, brand, category_id, price_cents, available_units, low_stock_threshold"
        " from offers join products using (product_id) join stock using (offer_id) order by sku"
    )
    assert [tuple(row.values()) for row in kept] == [
        ("TEA-1", "Green tea", "Leaf", 2, 1299, 40, 10),
        ("TEA-5", "Oolong, rolled", None, 2, 750, 0, 5),
    ]
    assert market.value("select count(*) from outbox where type = 'offer.changed'") == 2


def test_a_nul_character_spoils_its_own_row_alone(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client = visit("vendor", vendor)
    rows = ["TEA-1,Gr\0een tea,Food,,12.99,40,10", "TEA-2,Black tea,Food,,8.50,40,10"]
    report = send(client, vendor, HEADER + "\n".join(rows)).json()
    assert counts(report) == (2, 1, 1, 1, 0)
    assert faults(client, report) == [(2, "title")]
    answer = send(client, vendor, HEADER.replace("brand", "br\0and") + "\n".join(rows))
    assert (answer.status_code, answer.json()["code"]) == (422, "import_header_invalid")


def test_a_repeated_file_changes_nothing(market: TestMarket, visit: Visit, vendor: int) -> None:
    client, body = visit("vendor", vendor), HEADER + "A,Tea,Food > Tea,Leaf,1.00,5,2\nB,Pot,,,2,,\n"
    assert counts(send(client, vendor, body).json()) == (2, 2, 0, 2, 0)
    before = market.rows("select count(*), max(xid::text) from outbox")
    assert counts(send(client, vendor, body).json()) == (2, 2, 0, 0, 0)
    assert market.rows("select count(*), max(xid::text) from outbox") == before


def test_a_later_file_changes_what_it_names_and_writes_the_journal_of_stock(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client = visit("vendor", vendor)
    send(client, vendor, HEADER + "A,Tea,Food > Tea,Leaf,1.00,5,2\nB,Pot,,,2,7,\n")
    changes = "price,sku,units,title,status\n1.50,A,3,,\n,B,9,Teapot,paused\n"
    assert counts(send(client, vendor, changes).json()) == (2, 2, 0, 0, 2)
    rows = market.rows(
        "select sku, price_cents, status, title, available_units, low_stock_threshold from offers"
        " join products using (product_id) join stock using (offer_id) order by sku"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("A", 150, "active", "Tea", 3, 2),
        ("B", 200, "paused", "Teapot", 9, 5),
    ]
    moves = market.rows("select kind, available_units from stock_moves order by stock_move_id")
    assert [tuple(move.values()) for move in moves] == [
        ("opened", 5),
        ("opened", 7),
        ("restocked", 2),
        ("corrected", -2),
    ]


def test_variants_are_offers_of_one_product(market: TestMarket, visit: Visit, vendor: int) -> None:
    client = visit("vendor", vendor)
    body = "sku,product,title,variant,price\nP-B,,Pot,blue,5\nP-R,P-B,,red,6\nP-G,P-X,,green,6\n"
    report = send(client, vendor, body).json()
    assert (counts(report), faults(client, report)) == ((3, 2, 1, 2, 0), [(4, "product")])
    product = client.get("/v1/products/prd_1").json()
    assert [variant["name"] for variant in product["variants"]] == ["blue", "red"]
    assert market.value("select count(distinct variant_id) from offers") == 2
    assert counts(send(client, vendor, body).json()) == (3, 2, 1, 0, 0)


def test_a_product_that_others_sell_too_is_left_as_it_is(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client = visit("vendor", vendor)
    send(client, vendor, "sku,title,price\nA,Tea,1\n")
    other = market.vendor(is_active=False)
    second = visit("vendor", other)
    assert counts(send(second, other, "sku,product,price\nZ,prd_1,2\n").json()) == (1, 1, 0, 1, 0)
    report = send(client, vendor, "sku,title,price\nA,Best tea,3\n").json()
    assert (counts(report), faults(client, report)) == ((1, 0, 1, 0, 0), [(2, "title")])
    assert market.value("select title from products") == "Tea"


def test_a_file_with_a_wrong_header_is_refused_whole(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client = visit("vendor", vendor)
    for body, code in (
        ("sku,titel\nA,Tea\n", "import_header_invalid"),
        ("", "import_header_invalid"),
    ):
        answer = send(client, vendor, body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert market.value("select count(*) from products") == 0
    answer = client.post(
        f"/v1/vendors/ven_{vendor}/catalogue-imports",
        content="sku\n",
        headers={"Idempotency-Key": "k", "Content-Type": "text/csv; charset=klingon"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "file_type_invalid")


def test_a_repeated_key_gets_the_report_and_another_file_is_refused(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client, body = visit("vendor", vendor), "sku,title,price\nA,Tea,1\n"
    first = send(client, vendor, body, key="monday")
    again = send(client, vendor, body, key="monday")
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = send(client, vendor, body + "B,Pot,2\n", key="monday")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert market.value("select count(*) from catalogue_imports") == 1


def test_rows_stay_when_the_connection_breaks_off_and_the_same_key_continues(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    rows = b"".join(b"S%d,Tea,%d.00\n" % (number, number % 90 + 1) for number in range(24_000))
    head = f"POST /v1/vendors/ven_{vendor}/catalogue-imports HTTP/1.1\r\n"
    head += f"Host: core\r\nAuthorization: Bearer {market.token('vendor', vendor)}\r\n"
    head += f"Idempotency-Key: friday\r\nContent-Length: {len(rows) * 2}\r\n\r\n"
    with listening(create_app(market.settings)) as url:
        address = (urlsplit(url).hostname, urlsplit(url).port)
        with socket.create_connection(address) as connection:
            connection.sendall(head.encode() + b"sku,title,price\n" + rows)
            until(lambda: market.value("select count(*) from offers") > 10_000)
        until(lambda: market.rows("select from catalogue_imports where status = 'broken_off'"))
    kept = market.value("select rows_kept from catalogue_imports")
    assert market.value("select count(*) from offers") == kept
    whole = send(visit("vendor", vendor), vendor, b"sku,title,price\n" + rows, key="friday").json()
    assert counts(whole) == (24_000, 24_000, 0, 24_000 - kept, 0)


def test_a_file_that_is_too_large_is_cut_off_and_its_rows_before_stay(
    market: TestMarket, vendor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_limit, "LARGEST_FILE_BYTES", 2 * CHUNK_BYTES)
    rows = b"".join(b"S%d,Tea,1\n" % number for number in range(80_000))

    def parts() -> Iterator[bytes]:
        yield b"sku,title,price\n"
        for start in range(0, len(rows), 65_536):
            yield rows[start : start + 65_536]

    with (
        listening(create_app(market.settings)) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=60) as client,
    ):
        client.headers["Authorization"] = f"Bearer {market.token('vendor', vendor)}"
        answer = send(client, vendor, parts())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    (state,) = market.rows("select status, rows_kept > 0 as has_rows from catalogue_imports")
    assert state == {"status": "broken_off", "has_rows": True}


def test_errors_are_paged_and_come_as_harmless_csv(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    client = visit("vendor", vendor)
    bad = "".join(f"S{number},=HYPERLINK({number}),-1\n" for number in range(60))
    report = send(client, vendor, "sku,title,price\n" + bad).json()
    path = f"/v1/catalogue-imports/{report['catalogue_import_id']}"
    assert client.get(path).json()["rows_refused"] == 60
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(
            f"{path}/errors?limit=50" + (f"&cursor={cursor}" if cursor else "")
        ).json()
        found, cursor = found + page["data"], page["next_cursor"]
    assert [(fault["line"], fault["column"]) for fault in found[:3]] == [
        (2, "price"),
        (2, "title"),
        (3, "price"),
    ]
    exported = client.get(f"{path}/errors.csv")
    assert exported.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(exported.text)))
    assert (len(table), table[1]["value"]) == (len(found), "'=HYPERLINK(0)")


def test_one_file_of_a_vendor_is_read_at_a_time_and_a_dead_reader_is_fenced_off(
    market: TestMarket, visit: Visit, vendor: int
) -> None:
    def begin(key: str) -> Claim:
        with market.database.transaction() as connection:
            begun = imports.begin(connection, vendor, key, market.clock())
        assert isinstance(begun, Claim)
        return begun

    dead = begin("first")
    for key in ("first", "second"):
        with pytest.raises(ImportRunningError):
            begin(key)
    market.clock.advance(seconds=61)
    shown = visit("vendor", vendor).get("/v1/catalogue-imports/imp_1").json()
    assert shown["status"] == "broken_off"
    alive = begin("first")
    assert alive.fencing_token == dead.fencing_token + 1
    with market.database.transaction() as connection:
        imports.record(connection, alive, Plan(), [], market.clock())
        with pytest.raises(ImportTakenOverError):
            imports.record(connection, dead, Plan(), [], market.clock())


def test_a_foreign_import_is_as_good_as_none(market: TestMarket, visit: Visit, vendor: int) -> None:
    send(visit("vendor", vendor), vendor, "sku,title,price\nA,Tea,1\n")
    stranger = visit("vendor", market.vendor(is_active=False))
    for path in ("", "/errors", "/errors.csv"):
        assert stranger.get(f"/v1/catalogue-imports/imp_1{path}").status_code == 404
    assert send(stranger, vendor, "sku\n").status_code == 404
