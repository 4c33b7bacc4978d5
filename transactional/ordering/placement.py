"""Waiting orders are placed together: one set-based transaction for as many as wait.

Every step is one statement for the whole batch. An order that cannot be placed is answered by
itself and disturbs no other: what is known beforehand (its token, its key, its prices, its units)
is decided within the batch, first come first served; what only shows while writing undoes the
batch, and each order is then placed alone by the same code.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from transactional import ids
from transactional.access import audit, replays, tokens
from transactional.access.tokens import Caller
from transactional.checkout import carts
from transactional.checkout.carts import ANYWHERE, Cart, Destination, Wanted
from transactional.checkout.pricing import CostedOrder
from transactional.database import Database, DatabaseBusyError, Transaction
from transactional.errors import ForbiddenError, MarketError, UnauthenticatedError
from transactional.facts import outbox
from transactional.ordering import expiry, orders, stock
from transactional.ordering.order_rows import Keyed, Purchase, draw_keys
from transactional.ordering.stock import OnShelf, OutOfStockError

PLACED = 201
ACTION = "POST /v1/orders"

# What stands in a turn until its step has come.
NOBODY = replays.Request("", "", b"")
EMPTY = CostedOrder(())

Describe = Callable[[Keyed, Mapping[int, OnShelf], datetime], Any]
"""The JSON of an order just written, of what the shelf holds, and until when its units are held."""


@dataclass(frozen=True, slots=True)
class Application:
    """One request for an order, as it came: nothing in it is trusted yet."""

    token: str
    key: str
    request_hash: bytes
    wanted: Sequence[Wanted] = ()
    destination: Destination = ANYWHERE
    request_id: str | None = None
    fault: Exception | None = None
    """What is wrong with its form, told once it is known who asks."""


@dataclass(frozen=True, slots=True)
class Placed:
    answer: replays.Answer
    is_replayed: bool


Outcome = Placed | Exception | None
"""None: a twin of it is being placed; its answer is there to replay in the next batch."""


@dataclass(slots=True)
class _Turn:
    """One application on its way through the batch."""

    application: Application
    outcome: Outcome = None
    is_open: bool = True
    request: replays.Request = NOBODY
    shopper_id: int = 0
    order: CostedOrder = EMPTY

    def purchase(self, now: datetime) -> Purchase:
        return Purchase(self.shopper_id, self.order, now, self.application.destination.address)

    def close(self, outcome: Outcome) -> None:
        self.outcome, self.is_open = outcome, False


@dataclass(frozen=True)
class Desk:
    """Where orders are placed."""

    database: Database
    clock: Callable[[], datetime]
    describe: Describe
    admit: Callable[[Caller], None] = lambda _: None
    """Raises where this caller asks too often."""

    def serve(self, applications: Sequence[Application]) -> list[Outcome]:
        """What became of each, in their order.

        Before any is refused for want of units, holds that have lapsed give theirs back.
        """
        outcomes = self._place(applications)
        while self._free_lapsed_holds(outcomes):
            short = [
                n for n, outcome in enumerate(outcomes) if isinstance(outcome, OutOfStockError)
            ]
            again = self._place([applications[n] for n in short])
            for n, outcome in zip(short, again, strict=True):
                outcomes[n] = outcome
        return outcomes

    def _free_lapsed_holds(self, outcomes: Sequence[Outcome]) -> int:
        refusals = [outcome for outcome in outcomes if isinstance(outcome, OutOfStockError)]
        if not refusals:
            return 0
        lacking = {offer_id for refusal in refusals for offer_id in refusal.offer_ids}
        return expiry.sweep(self.database, self.clock(), sorted(lacking))

    def _place(self, applications: Sequence[Application]) -> list[Outcome]:
        """All in one transaction or, where one spoils it, each in its own."""
        try:
            return self._place_patiently(applications)
        except Exception as spoiled:
            if len(applications) > 1:
                return [outcome for one in applications for outcome in self._place([one])]
            return [None if isinstance(spoiled, replays.TwinError) else spoiled]

    def _place_patiently(self, applications: Sequence[Application]) -> list[Outcome]:
        """Once more after a lost connection or a lock: the keys make repeating harmless."""
        with suppress(DatabaseBusyError):
            return self._place_together(applications)
        try:
            return self._place_together(applications)
        except DatabaseBusyError as busy:
            return [busy] * len(applications)

    def _place_together(self, applications: Sequence[Application]) -> list[Outcome]:
        now = self.clock()
        turns = [_Turn(application) for application in applications]
        with self.database.transaction() as connection:
            _identify(connection, turns, self.admit)
            _replay(connection, turns)
            _price(connection, turns, now)
            shelf = _refuse_lacking(connection, turns)
            fitting = _open(turns)
            if fitting:
                self._write(connection, fitting, shelf, now)
        if fitting:
            self._announce()
        return [turn.outcome for turn in turns]

    def _write(
        self,
        connection: Transaction,
        turns: Sequence[_Turn],
        shelf: Mapping[int, OnShelf],
        now: datetime,
    ) -> None:
        """Stock comes last, so that its rows stay locked as briefly as can be."""
        keyed = draw_keys(connection, [turn.purchase(now) for turn in turns])
        orders.write(connection, keyed, now)
        answers: dict[replays.Request, replays.Answer] = {}
        for turn, one in zip(turns, keyed, strict=True):
            answer = replays.Answer(PLACED, self.describe(one, shelf, now + orders.HOLD_LASTS))
            answers[turn.request] = answer
            turn.close(Placed(answer, is_replayed=False))
        replays.remember_new(connection, answers)
        audit.record(connection, [_entry(*pair) for pair in zip(turns, keyed, strict=True)])
        orders.hold(connection, keyed, now)

    def _announce(self) -> None:
        """NOTIFY takes a lock of the whole cluster until its commit is on disk, so it is not part
        of the batch: two batches could not be written together.
        """
        with self.database.transaction() as connection:
            outbox.announce(connection)


def _open(turns: Sequence[_Turn]) -> list[_Turn]:
    return [turn for turn in turns if turn.is_open]


def _identify(
    connection: Transaction, turns: Sequence[_Turn], admit: Callable[[Caller], None]
) -> None:
    """Whose tokens these are, now: one that was revoked a moment ago places nothing."""
    callers = tokens.introspect_many(connection, {turn.application.token for turn in turns})
    for turn in turns:
        asked = turn.application
        try:
            caller = _shopper(callers.get(asked.token))
            admit(caller)
        except MarketError as refusal:
            turn.close(refusal)
            continue
        if asked.fault is not None:
            turn.close(asked.fault)
        else:
            turn.shopper_id = caller.subject_id or 0
            turn.request = replays.Request(caller.principal, asked.key, asked.request_hash)


def _shopper(caller: Caller | None) -> Caller:
    """Raises UnauthenticatedError, ForbiddenError."""
    if caller is None:
        raise UnauthenticatedError(tokens.NOT_LIVING)
    if caller.role != "shopper":
        raise ForbiddenError("this needs a token of the role shopper")
    if not caller.may_write:
        raise tokens.ScopeMissingError()
    return caller


def _replay(connection: Transaction, turns: Sequence[_Turn]) -> None:
    """Answer repeated requests; of twins in one batch the first goes on, the others wait."""
    waiting = _open(turns)
    answers = replays.answers(connection, [turn.request for turn in waiting])
    seen: set[tuple[str, str]] = set()
    for turn in waiting:
        name = (turn.request.principal, turn.request.key)
        answer = answers.get(turn.request)
        if isinstance(answer, replays.Answer):
            turn.close(Placed(answer, is_replayed=True))
        elif answer is not None or name in seen:
            turn.close(answer)
        seen.add(name)


def _price(connection: Transaction, turns: Sequence[_Turn], now: datetime) -> None:
    waiting = _open(turns)
    wanted = [
        Cart(
            turn.application.wanted,
            replace(turn.application.destination, shopper_id=turn.shopper_id),
        )
        for turn in waiting
    ]
    quotes = carts.quote_many(connection, wanted, now) if wanted else []
    for turn, quote in zip(waiting, quotes, strict=True):
        if isinstance(quote, MarketError):
            turn.close(quote)
        else:
            turn.order = quote


def _refuse_lacking(connection: Transaction, turns: Sequence[_Turn]) -> dict[int, OnShelf]:
    """First come, first served, by the units that are free now. Nothing is locked: should another
    take them before they are written, the batch is undone and each order placed alone.
    """
    waiting = _open(turns)
    wanted = [turn.order.units_by_offer() for turn in waiting]
    shelf = stock.on_shelf(connection, stock.total(wanted)) if wanted else {}
    free = {offer_id: offer.available_units for offer_id, offer in shelf.items()}
    for turn, units in zip(waiting, wanted, strict=True):
        lacking = {offer: count for offer, count in units.items() if free.get(offer, 0) < count}
        if lacking:
            turn.close(stock.out_of_stock(lacking, free))
            continue
        for offer, count in units.items():
            free[offer] -= count
    return shelf


def _entry(turn: _Turn, keyed: Keyed) -> audit.Entry:
    return audit.Entry(
        keyed.purchase.placed_at,
        "shopper",
        turn.request.principal,
        ACTION,
        ids.external("ord", keyed.order_id),
        turn.application.request_id,
    )
