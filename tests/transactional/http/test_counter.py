"""Orders that come in at the counter's door, over real connections."""

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import msgspec
import pytest
import uvicorn

from tests.rynek.local.stripe.standins import until
from tests.transactional.market import TestMarket, Visit
from transactional.http.app import create_app
from transactional.http.counter import CounterProtocol, OrderCycle

PLACED = "select count(*) from orders"
ENDS = ("content-length", "x-request-id", "content-type", "idempotent-replayed", "www-authenticate")


class Unlogged(CounterProtocol):
    """pytest listens even to a log that is off, and what is logged takes the documented way."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.access_log = False


@pytest.fixture
def door(market: TestMarket) -> Iterator[int]:
    """The port of the app as `rynek up` serves it."""
    app = create_app(market.settings, market.clock)
    config = uvicorn.Config(app, port=0, http=Unlogged, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def token(market: TestMarket) -> str:
    return market.token("shopper", market.shopper()["shopper_id"])


def request(token: str, key: str, body: bytes, *more: str) -> bytes:
    """One POST /v1/orders, as it travels."""
    length = [f"content-length: {len(body)}"] if "transfer-encoding: chunked" not in more else []
    lines = [
        "POST /v1/orders HTTP/1.1",
        "host: core",
        f"authorization: Bearer {token}",
        f"idempotency-key: {key}",
        *length,
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def cart(offer: int, quantity: int = 1) -> bytes:
    return msgspec.json.encode({"lines": [{"offer_id": f"off_{offer}", "quantity": quantity}]})


def exchange(port: int, *sent: bytes, answers: int = 1) -> list[tuple[HTTPResponse, Any]]:
    """What is answered over one connection to all that was sent, in the order it comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for piece in sent:
            connection.sendall(piece)
        reader = connection.makefile("rb")
        told = []
        for _ in range(answers):
            answer = HTTPResponse(_Read(reader))  # type: ignore[arg-type]  # it asks for no more
            answer.begin()
            told.append((answer, msgspec.json.decode(answer.read())))
    return told


class _Read:
    """A connection's reader, kept open from one answer to the next."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def makefile(self, _: str) -> Any:
        return _Unclosed(self._reader)


class _Unclosed:
    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def close(self) -> None:
        """The next answer is read from the same."""


def test_an_order_is_answered_as_through_the_app(
    market: TestMarket, visit: Visit, door: int, token: str
) -> None:
    offer = market.offer(units=9)
    ((answer, order),) = exchange(door, request(token, "k", cart(offer), "x-request-id: r-1"))
    assert (answer.status, answer.headers["x-request-id"]) == (201, "r-1")
    shopper = visit()
    shopper.headers["Authorization"] = f"Bearer {token}"
    assert shopper.get(f"/v1/orders/{order['order_id']}").json() == order
    again = shopper.post("/v1/orders", content=cart(offer), headers={"Idempotency-Key": "k"})
    ((replayed, same),) = exchange(door, request(token, "k", cart(offer)))
    assert same == again.json() == order
    assert replayed.headers["idempotent-replayed"] == "true"
    told = {name for name in again.headers if name in ENDS}
    assert {name.lower() for name in replayed.headers if name.lower() in ENDS} == told


@pytest.mark.parametrize(
    ("body", "more", "status", "code"),
    [
        (b"{}", (), 422, "invalid_request"),
        (b"no json", (), 422, "invalid_request"),
        (cart(404), (), 404, "offer_unknown"),
        (b" " * 70_000 + cart(404), (), 404, "offer_unknown"),
        (b"x" * 1_000_001, (), 413, "body_too_large"),
    ],
)
def test_what_is_wrong_is_told_like_everywhere(
    market: TestMarket,
    door: int,
    token: str,
    body: bytes,
    more: tuple[str, ...],
    status: int,
    code: str,
) -> None:
    ((answer, problem),) = exchange(door, request(token, "k", body, *more))
    assert (answer.status, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    assert market.value(PLACED) == 0


def test_who_has_no_token_is_told_so(door: int) -> None:
    ((answer, problem),) = exchange(door, request("rk_shopper_none", "k", cart(1)))
    assert (answer.status, problem["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_requests_sent_before_the_last_was_answered_are_answered_in_their_order(
    market: TestMarket, door: int, token: str
) -> None:
    tea, cup = market.offer(units=9), market.offer(units=9)
    sent = (
        request(token, "1", cart(tea))
        + request(token, "2", cart(404))
        + request(token, "3", cart(cup))
    )
    told = exchange(door, sent, b"GET /healthz HTTP/1.1\r\nhost: core\r\n\r\n", answers=4)
    assert [answer.status for answer, _ in told] == [201, 404, 201, 200]
    bought = [order["vendor_orders"][0]["lines"][0]["offer_id"] for _, order in (told[0], told[2])]
    assert bought == [f"off_{tea}", f"off_{cup}"]


def test_a_body_in_chunks_and_one_that_wants_to_be_asked_for_are_read(
    market: TestMarket, door: int, token: str
) -> None:
    offer = market.offer(units=9)
    body = cart(offer)
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    ((answer, _),) = exchange(door, request(token, "1", chunks, "transfer-encoding: chunked"))
    assert answer.status == 201
    with socket.create_connection(("127.0.0.1", door), timeout=10) as connection:
        connection.sendall(request(token, "2", body, "expect: 100-continue")[: -len(body)])
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 201 Created")


def test_a_body_may_come_in_pieces(market: TestMarket, door: int, token: str) -> None:
    whole = request(token, "k", cart(market.offer(units=9)))
    ((answer, _),) = exchange(door, *(whole[place : place + 1] for place in range(len(whole))))
    assert answer.status == 201


def test_an_answered_order_leaves_nothing_for_the_garbage_collector(
    market: TestMarket, door: int, token: str
) -> None:
    body = cart(market.offer(units=9))
    gc.disable()
    try:
        with closing(HTTPConnection("127.0.0.1", door, timeout=10)) as connection:
            for number in range(5):
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(number)}
                connection.request("POST", "/v1/orders", body, headers)
                assert connection.getresponse().read()
            living = [one for one in gc.get_objects() if isinstance(one, OrderCycle)]
    finally:
        gc.enable()
    assert len(living) == 1, "only the connection's last"


def test_a_connection_is_closed_after_the_answer_where_that_is_asked(
    market: TestMarket, door: int, token: str
) -> None:
    connection = HTTPConnection("127.0.0.1", door, timeout=10)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k", "Connection": "close"}
    connection.request("POST", "/v1/orders", cart(market.offer(units=9)), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["connection"]) == (201, "close")
    assert answer.read()
    assert answer.isclosed()


def test_who_goes_away_has_an_order_and_disturbs_nobody(
    market: TestMarket, door: int, token: str
) -> None:
    tea, cup = market.offer(units=9), market.offer(units=9)
    with market.database.transaction() as another:
        another.execute("select from stock where offer_id = %s for update", (tea,))
        with socket.create_connection(("127.0.0.1", door)) as connection:
            connection.sendall(request(token, "1", cart(tea)))
            until(lambda: market.value("select count(*) from pg_locks where not granted") == 1)
    until(lambda: market.value(PLACED) == 1)
    ((answer, _),) = exchange(door, request(token, "2", cart(cup)))
    assert answer.status == 201
