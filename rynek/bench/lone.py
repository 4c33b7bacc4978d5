"""One order alone, by four ways in turn: over HTTP, through the batcher, by a call of the desk.

Nobody else waits, so nothing may be waited for: the batcher is to cost a lone order nothing beside
one call an order, which a server makes on a thread lest it stop listening. What that costs is told
by the same call in line. The same desk, the same statements through psycopg, the same process.
"""

import asyncio
import random
import secrets
import socket
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime

from rynek.bench.clients import Client, Errand
from rynek.bench.report import Row, percentile
from rynek.bench.stalls import Stalls, Venue
from rynek.local.ports import LOOPBACK
from transactional.checkout.carts import Wanted
from transactional.database import Database
from transactional.http.batching import Batcher
from transactional.http.garbage import collected_seldom
from transactional.http.order_answers import newly_placed
from transactional.ordering.placement import Application, Desk, Placed

HTTP, BATCHER = "over HTTP", "through the batcher"
CALLED, IN_LINE = "one call an order, on a thread", "one call an order, in line"
# The batcher's own work is tens of microseconds of some milliseconds.
GOAL_RATIO = 1.05

Way = Callable[[], Awaitable[None]]


def measure(venue: Venue, stalls: Stalls, seconds: float, pgbench_mean: float) -> list[Row]:
    """Medians of as many orders by each way as fit into `seconds`, one after the other in turn."""
    with collected_seldom():
        found = asyncio.run(alternated(venue, stalls, seconds))
    median = {way: 1e3 * statistics.median(found[way]) for way in found}
    return [
        Row(
            f"a lone order {BATCHER}, median",
            median[BATCHER],
            "ms",
            peer=CALLED,
            peer_value=median[CALLED],
            goal=f"ratio ≤ {GOAL_RATIO}",
            met=median[BATCHER] <= GOAL_RATIO * median[CALLED],
        ),
        Row(f"a lone order {HTTP}, median", median[HTTP], "ms", CALLED, median[CALLED]),
        Row(f"a lone order {HTTP}, p99", 1e3 * percentile(found[HTTP], 99), "ms"),
        Row(f"{CALLED}, median", median[CALLED], "ms", IN_LINE, median[IN_LINE]),
        Row(
            f"{IN_LINE}, mean",
            1e3 * statistics.mean(found[IN_LINE]),
            "ms",
            peer="pgbench, one client, mean",
            peer_value=1e3 * pgbench_mean,
        ),
    ]


async def alternated(venue: Venue, stalls: Stalls, seconds: float) -> Mapping[str, list[float]]:
    """Seconds of each order, by its way."""
    url = venue.servers.app_database_url
    with (
        Database(url, is_counter=True) as database,
        ThreadPoolExecutor() as threads,
        socket.create_connection((LOOPBACK, venue.core_port)) as connection,
    ):
        desk = Desk(database, lambda: datetime.now(UTC), newly_placed)
        ways = {
            HTTP: by_http(connection, venue, stalls),
            BATCHER: by_batcher(Batcher(desk.serve, threads), stalls),
            CALLED: by_call(desk, stalls, threads),
            IN_LINE: by_call(desk, stalls),
        }
        found: dict[str, list[float]] = {name: [] for name in ways}
        # After an order over HTTP the core still tells of it: no way is always the next one.
        chance = random.Random(4)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for name, way in chance.sample([*ways.items()], len(ways)):
                began = time.perf_counter()
                await way()
                found[name].append(time.perf_counter() - began)
    return found


def by_http(connection: socket.socket, venue: Venue, stalls: Stalls) -> Way:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    errand = Errand(venue.core_port, 1, 1, 1, stalls.offers, lines=2, seconds=0.0)
    client = Client(errand, 0, connection, random.Random(1))

    async def order() -> None:
        client.order()
        while (status := client.answer()) is None:
            pass
        demand_placed(status == "201", status)

    return order


def by_batcher(batcher: Batcher[Application, Placed | Exception], stalls: Stalls) -> Way:
    chance = random.Random(2)

    async def order() -> None:
        outcome = await batcher.answer(application(chance, stalls))
        demand_placed(isinstance(outcome, Placed), outcome)

    return order


def by_call(desk: Desk, stalls: Stalls, threads: Executor | None = None) -> Way:
    """On one of the `threads`, or in line."""
    chance = random.Random(3)

    async def order() -> None:
        asked = [application(chance, stalls)]
        if threads is None:
            (outcome,) = desk.serve(asked)
        else:
            loop = asyncio.get_running_loop()
            (outcome,) = await loop.run_in_executor(threads, desk.serve, asked)
        demand_placed(isinstance(outcome, Placed), outcome)

    return order


def application(chance: random.Random, stalls: Stalls) -> Application:
    """A cart of two offers, as the clients over HTTP send theirs."""
    return Application(
        f"rk_shopper_bench_{chance.randint(1, stalls.shoppers)}",
        secrets.token_hex(12),
        secrets.token_bytes(32),
        [Wanted(offer, 1) for offer in chance.sample(range(1, stalls.offers + 1), 2)],
        request_id=secrets.token_hex(16),
    )


def demand_placed(is_placed: bool, told: object) -> None:
    """Raises RuntimeError: a time of refusals is none of orders."""
    if not is_placed:
        raise RuntimeError(f"a lone order was not placed: {told!r}")
