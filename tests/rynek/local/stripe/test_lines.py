"""Connections to webhook endpoints: kept where the endpoint keeps them, replaced where not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from rynek.local.stripe.lines import Lines


@dataclass
class Endpoint:
    """Answers the same to every request, and hangs up after some."""

    answer: bytes
    serves: int = 100
    url: str = ""
    connections: int = 0
    bodies: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for _ in range(self.serves):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            self.bodies.append(await reader.readexactly(length))
            writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def serving(endpoint: Endpoint) -> AsyncIterator[Lines]:
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    lines = Lines()
    try:
        yield lines
    finally:
        lines.close()
        server.close()


async def posted(endpoint: Endpoint, times: int) -> list[int]:
    async with serving(endpoint) as lines:
        return [
            await lines.post(endpoint.url, b'{"n": %d}' % number, {"content-type": "text/json"})
            for number in range(times)
        ]


KEPT = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


def test_a_connection_is_kept_as_long_as_the_endpoint_keeps_it() -> None:
    kept, closing = Endpoint(KEPT), Endpoint(KEPT, serves=2)

    assert asyncio.run(posted(kept, 4)) == asyncio.run(posted(closing, 4)) == [204] * 4

    assert (kept.connections, closing.connections) == (1, 2)
    assert kept.bodies == closing.bodies == [b'{"n": %d}' % number for number in range(4)]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
    ],
)
def test_an_answer_of_unknown_end_ends_its_connection(answer: bytes) -> None:
    endpoint = Endpoint(answer)

    assert asyncio.run(posted(endpoint, 2)) == [200, 200]

    assert endpoint.connections == 2


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [(b"what?\r\n\r\n", "unpack"), (b"HTTP/1.1 fine OK\r\n\r\n", "invalid literal")],
)
def test_what_is_no_http_is_no_answer(answer: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        asyncio.run(posted(Endpoint(answer), 1))
