"""Nobody is promised a unit twice: shoppers in several processes race for the same few units.

Carts hold several offers in random order, so that a lock taken in the cart's order would deadlock.
Units only ever become fewer in a race, so a refusal was right if what it lacked is lacking at the
end. The journal is replayed: its sums are what was free at every commit.
"""

import asyncio
import multiprocessing
import random
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import dict_row

from transactional.access import tokens
from transactional.checkout.carts import Wanted
from transactional.database import Database, Transaction
from transactional.http.batching import MOST_BATCHES, Batcher
from transactional.http.order_answers import newly_placed
from transactional.ordering.placement import Application, Desk, Outcome, Placed
from transactional.ordering.stock import OutOfStockError

Cart = tuple[int, ...]
"""Offers wanted, one unit of each, in the order of the cart."""

LARGEST_CART = 3
# Most of it is four processes importing everything, side by side on a busy machine.
SECONDS_FOR_A_RACE = 300.0


@dataclass(frozen=True)
class Race:
    """Who races for what: `shoppers` with a token each, over `processes`, `carts` one by one."""

    database_url: str
    offers: Sequence[int]
    shopper_tokens: Sequence[str]
    processes: int = 4
    carts: int = 3
    seed: int = 20


@dataclass
class Finish:
    """What the shoppers were told: carts promised, carts refused and for want of what, the rest."""

    promised: list[Cart] = field(default_factory=list)
    refused: list[tuple[int, ...]] = field(default_factory=list)
    escaped: list[str] = field(default_factory=list)

    def units(self) -> Counter[int]:
        return Counter(offer for cart in self.promised for offer in cart)


class Buyer:
    """Buys through the market's own desk, with others of its process in one batch."""

    def __init__(self, database: Database, threads: ThreadPoolExecutor) -> None:
        desk = Desk(database, lambda: datetime.now(UTC), newly_placed)
        self._batcher = Batcher[Application, Placed | Exception](desk.serve, threads)

    async def buy(self, token: str, cart: Cart) -> Outcome:
        wanted = [Wanted(offer_id, 1) for offer_id in cart]
        return await self._batcher.answer(Application(token, str(uuid.uuid4()), b"race", wanted))


class NaiveBuyer(Buyer):
    """The negative control: reads, decides, then writes what it read less one."""

    def __init__(self, database: Database, threads: ThreadPoolExecutor) -> None:
        self._database, self._threads = database, threads

    async def buy(self, token: str, cart: Cart) -> Outcome:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._take, cart)

    def _take(self, cart: Cart) -> Outcome:
        with self._database.transaction() as connection:
            free = _free_units(connection, cart)
            if lacking := [offer for offer in cart if free[offer] < 1]:
                shortage = OutOfStockError()
                shortage.offer_ids = lacking
                return shortage
            for offer in sorted(cart):
                connection.execute(
                    "update stock set available_units = %(left)s,"
                    " held_units = received_units - sold_units - %(left)s where offer_id = %(id)s",
                    {"left": free[offer] - 1, "id": offer},
                )
        return Placed(answer=None, is_replayed=False)  # type: ignore[arg-type]  # nobody reads it


def run(race: Race, buyer: type[Buyer] = Buyer) -> Finish:
    """All shoppers at once; returns when the last has bought or been refused."""
    context = multiprocessing.get_context("spawn")
    share = [race.shopper_tokens[n :: race.processes] for n in range(race.processes)]
    with context.Manager() as manager, context.Pool(race.processes) as pool:
        start = manager.Barrier(race.processes)
        work = [(race, tokens_, n, buyer, start) for n, tokens_ in enumerate(share)]
        finishes = pool.starmap_async(_shop, work).get(SECONDS_FOR_A_RACE)
    return Finish(
        [cart for finish in finishes for cart in finish.promised],
        [lacking for finish in finishes for lacking in finish.refused],
        [fault for finish in finishes for fault in finish.escaped],
    )


def faults(database_url: str, race: Race, finish: Finish) -> list[str]:
    """What a sound race has none of, in words."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        free = _free_units(connection, race.offers)
        received = _units(connection, "received_units", race.offers)
        lowest = _lowest_ever_free(connection, race.offers)
    units = finish.units()
    return [
        *(f"escaped: {fault}" for fault in finish.escaped),
        *(
            f"off_{offer}: {units[offer]} units promised, {received[offer]} were there"
            for offer in race.offers
            if units[offer] > received[offer]
        ),
        *(
            f"off_{offer}: {free[offer]} free at the end, {received[offer]} - {units[offer]} wanted"
            for offer in race.offers
            if free[offer] != received[offer] - units[offer]
        ),
        *(
            f"refused for want of {lacking}, all of which are free at the end"
            for lacking in finish.refused
            if all(free[offer] > 0 for offer in lacking)
        ),
        *(f"off_{offer}: {units} free at some commit" for offer, units in lowest if units < 0),
    ]


def enter(connection: Transaction, shoppers: Sequence[int]) -> list[str]:
    """A token for each shopper of a race."""
    return [tokens.mint(connection, "shopper", key, timedelta(hours=1)) for key in shoppers]


def _shop(
    race: Race,
    shopper_tokens: Sequence[str],
    number: int,
    buyer: type[Buyer],
    start: threading.Barrier,
) -> Finish:
    with (
        Database(race.database_url) as database,
        ThreadPoolExecutor(MOST_BATCHES) as threads,
    ):
        buying = buyer(database, threads)
        start.wait(SECONDS_FOR_A_RACE)
        return asyncio.run(_all(race, buying, shopper_tokens, random.Random(race.seed + number)))


async def _all(
    race: Race, buyer: Buyer, shopper_tokens: Sequence[str], chance: random.Random
) -> Finish:
    finish = Finish()
    await asyncio.gather(
        *(
            _one(race, buyer, token, random.Random(chance.random()), finish)
            for token in shopper_tokens
        )
    )
    return finish


async def _one(race: Race, buyer: Buyer, token: str, chance: random.Random, finish: Finish) -> None:
    for _ in range(race.carts):
        cart = tuple(chance.sample(race.offers, min(LARGEST_CART, len(race.offers))))
        outcome = await buyer.buy(token, cart)
        if isinstance(outcome, Placed):
            finish.promised.append(cart)
        elif isinstance(outcome, OutOfStockError):
            finish.refused.append(tuple(outcome.offer_ids))
        else:
            finish.escaped.append(repr(outcome))


def _free_units(connection: Transaction, offers: Sequence[int]) -> dict[int, int]:
    return _units(connection, "available_units", offers)


def _units(connection: Transaction, column: str, offers: Sequence[int]) -> dict[int, int]:
    rows = connection.execute(
        "select offer_id, available_units, received_units from stock where offer_id = any(%s)",
        (list(offers),),
    )
    return {row["offer_id"]: row[column] for row in rows}


def _lowest_ever_free(connection: Transaction, offers: Sequence[int]) -> list[tuple[int, int]]:
    """The journal of an offer is written under its row's lock: its order is that of the commits."""
    rows = connection.execute(
        "select offer_id, min(free) as lowest from ("
        " select offer_id, sum(available_units) over"
        " (partition by offer_id order by stock_move_id) as free from stock_moves"
        " where offer_id = any(%s)) as history group by offer_id",
        (list(offers),),
    )
    return [(row["offer_id"], int(row["lowest"])) for row in rows]
