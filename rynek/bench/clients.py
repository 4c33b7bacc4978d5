"""Shoppers at keep-alive connections, each ordering again as soon as it is answered.

A process of its own and no HTTP library: measuring must cost less than what is measured.
`python -m rynek.bench.clients` reads one JSON line of `Errand` and writes one of `Tally`.
"""

import random
import secrets
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from rynek.local.ports import LOOPBACK
from rynek.local.process import CODE, python

LONGEST_ANSWER = 65_536
ANSWER_SECONDS = 30.0


class Errand(msgspec.Struct):
    """What a process of clients is to do: carts of `lines` offers out of `first_offer` up to
    `last_offer`, for `seconds`, or until each client was refused once where `is_until_refused`.
    """

    port: int
    clients: int
    first_shopper: int
    first_offer: int
    last_offer: int
    lines: int
    seconds: float
    is_until_refused: bool = False


class Tally(msgspec.Struct):
    """How many were answered 201 and with what else, the seconds of each answer."""

    placed: int
    refused: dict[str, int]
    seconds: float
    latencies: list[float]


@dataclass
class Client:
    """One connection; its requests differ in key and cart."""

    errand: Errand
    number: int
    connection: socket.socket
    chance: random.Random
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def order(self) -> None:
        offers = range(self.errand.first_offer, self.errand.last_offer + 1)
        wanted = self.chance.sample(offers, self.errand.lines)
        lines = ",".join(f'{{"offer_id":"off_{offer}","quantity":1}}' for offer in wanted)
        body = f'{{"lines":[{lines}]}}'
        self.sent = time.perf_counter()
        self.connection.sendall(
            f"POST /v1/orders HTTP/1.1\r\nhost: core\r\n"
            f"authorization: Bearer rk_shopper_bench_{self.errand.first_shopper + self.number}\r\n"
            f"idempotency-key: {secrets.token_hex(12)}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
        )

    def answer(self) -> str | None:
        """The status of the answer once it is there whole."""
        self.received += self.connection.recv(LONGEST_ANSWER)
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return None
        self.received = bytearray()
        # A replay is no order; the peer has none either.
        return "replay" if b"idempotent-replayed" in head else head[9:12].decode()


def run(errand: Errand) -> Tally:
    """Raises TimeoutError where nobody is answered for half a minute."""
    chance = random.Random(errand.first_shopper)
    tally = Tally(0, {}, 0.0, [])
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for number in range(errand.clients):
            connection = socket.create_connection((LOOPBACK, errand.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Client(errand, number, connection, random.Random(chance.random()))
            selector.register(connection, selectors.EVENT_READ, client)
            client.order()
        while selector.get_map():
            serve(selector, tally, began + errand.seconds)
        tally.seconds = time.perf_counter() - began
    return tally


def serve(selector: selectors.BaseSelector, tally: Tally, end: float) -> None:
    ready = selector.select(ANSWER_SECONDS)
    if not ready:
        raise TimeoutError(f"no answer within {ANSWER_SECONDS:g} s")
    for key, _ in ready:
        client: Client = key.data
        if (status := client.answer()) is None:
            continue
        now = time.perf_counter()
        tally.latencies.append(now - client.sent)
        if status == "201":
            tally.placed += 1
        else:
            tally.refused[status] = tally.refused.get(status, 0) + 1
        is_content = status != "201" and client.errand.is_until_refused
        if now < end and not is_content:
            client.order()
        else:
            selector.unregister(client.connection)
            client.connection.close()


def sent_out(errands: Sequence[Errand]) -> Tally:
    """Each errand done by a process of its own, all at once; what they found, together."""
    processes = [
        subprocess.Popen(
            python("rynek.bench.clients"), cwd=CODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in errands
    ]
    for process, errand in zip(processes, errands, strict=True):
        assert process.stdin is not None, "it was opened above"
        process.stdin.write(msgspec.json.encode(errand) + b"\n")
        process.stdin.flush()
    tallies = [msgspec.json.decode(process.communicate()[0], type=Tally) for process in processes]
    return together(tallies)


def together(tallies: Sequence[Tally]) -> Tally:
    refused: dict[str, int] = {}
    for tally in tallies:
        for status, count in tally.refused.items():
            refused[status] = refused.get(status, 0) + count
    return Tally(
        sum(tally.placed for tally in tallies),
        refused,
        max(tally.seconds for tally in tallies),
        [latency for tally in tallies for latency in tally.latencies],
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(
        msgspec.json.encode(run(msgspec.json.decode(sys.stdin.buffer.readline(), type=Errand)))
    )
