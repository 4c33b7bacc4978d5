"""Waiting orders are placed together: one set-based transaction for as many as wait.

Every step is one statement for the whole batch. An order that cannot be placed is answered by
itself and disturbs no other: what is known beforehand (its token, its key, its prices, its units)
is decided within the batch, first come first served; what only shows while writing undoes the
batch, and each order is then placed alone by the same code.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from transactional import ids
from transactional.access import applicants, replays, tokens
from transactional.access.applicants import Applicant
from transactional.access.tokens import Caller
from transactional.checkout import carts, shelf
from transactional.checkout.carts import ANYWHERE, Cart, Destination, Wanted
from transactional.checkout.offered import Offered
from transactional.checkout.pricing import CostedOrder
from transactional.checkout.shelf import Shelf
from transactional.database import Database, DatabaseBusyError, Transaction
from transactional.errors import ForbiddenError, MarketError, UnauthenticatedError
from transactional.ordering import expiry, order_facts, orders, stock
from transactional.ordering.order_rows import (
    Answered,
    Keyed,
    Keys,
    Purchase,
    draw_keys,
    keyed,
)
from transactional.ordering.stock import OutOfStockError

# What stands in a turn until its step has come.
EMPTY = CostedOrder()

Describe = Callable[[Keyed, Mapping[int, Offered], datetime], Any]
"""The JSON of an order just written, of the offers it names, and until when its units are held."""


class Application(Struct, frozen=True):
    """One request for an order, as it came: nothing in it is trusted yet."""

    token: str
    key: str
    request_hash: bytes
    wanted: Sequence[Wanted] = ()
    destination: Destination = ANYWHERE
    request_id: str | None = None
    fault: Exception | None = None
    """What is wrong with its form, told once it is known who asks."""

    def offer_ids(self) -> set[int]:
        """Those that it names itself."""
        return {line.offer_id for line in self.wanted if line.offer_id is not None}


class Placed(Struct, frozen=True):
    """`answer` is the order in JSON."""

    answer: bytes
    is_replayed: bool


Outcome = Placed | Exception | None
"""None: another was quicker, by its key or for its units; the next batch knows what is left."""


class _Turn(Struct):
    """One application on its way through the batch."""

    application: Application
    outcome: Outcome = None
    is_open: bool = True
    shopper_id: int = 0
    shopper_pseudonym: int = 0
    principal: str = ""
    country: str | None = None
    order: CostedOrder = EMPTY

    def cart(self) -> Cart:
        return Cart(self.application.wanted, self.application.destination.country or self.country)

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
    announce: Callable[[], object] = lambda: None
    """Called once there are new facts; should nobody tell the relay, it finds them."""

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
            is_late = replays.is_twins(spoiled) or stock.is_shortage(spoiled)
            return [None if is_late else spoiled]

    def _place_patiently(self, applications: Sequence[Application]) -> list[Outcome]:
        """Once more after a lost connection or a lock: the keys make repeating harmless.

        Those whose offers are still locked are told so, and hold up the others no second time.
        """
        with suppress(DatabaseBusyError):
            return self._place_together(applications)
        try:
            locked = self._locked_offers(applications)
            free = [one for one in applications if locked.isdisjoint(one.offer_ids())]
            placed = iter(self._place_together(free))
            return [
                next(placed) if locked.isdisjoint(one.offer_ids()) else DatabaseBusyError()
                for one in applications
            ]
        except DatabaseBusyError as busy:
            return [busy] * len(applications)

    def _locked_offers(self, applications: Sequence[Application]) -> set[int]:
        named = {offer_id for one in applications for offer_id in one.offer_ids()}
        with self.database.transaction() as connection:
            return stock.locked(connection, named)

    def _place_together(self, applications: Sequence[Application]) -> list[Outcome]:
        """What is read is asked for in one go, also on behalf of those who will be refused."""
        now = self.clock()
        turns = [_Turn(application) for application in applications]
        wanted = [line for application in applications for line in application.wanted]
        with self.database.pipelined() as connection:
            asked = [(application.token, application.key) for application in applications]
            people = applicants.recognise(connection, asked)
            offers = shelf.asked(connection, wanted, now)
            keys = draw_keys(connection, len(applications), len(wanted))
            _recognise(turns, people(), self.admit)
            known = offers()
            _price(turns, known)
            _refuse_lacking(_open(turns), known)
            fitting = _open(turns)
            if fitting:
                self._write(connection, fitting, keys(), known.known, now)
        if fitting:
            self.announce()
        return [turn.outcome for turn in turns]

    def _write(
        self,
        connection: Transaction,
        turns: Sequence[_Turn],
        keys: Keys,
        offers: Mapping[int, Offered],
        now: datetime,
    ) -> None:
        """Stock comes last, so that its rows stay locked as briefly as can be."""
        placed = keyed(keys, [turn.purchase(now) for turn in turns])
        pseudonyms = {turn.shopper_id: turn.shopper_pseudonym for turn in turns}
        facts = order_facts.placed(placed, pseudonyms, offers)
        answered = [self._close(*pair, offers, now) for pair in zip(turns, placed, strict=True)]
        orders.write(connection, placed, facts, pseudonyms, now, answered)
        orders.hold(connection, placed, now)

    def _close(
        self, turn: _Turn, keyed: Keyed, offers: Mapping[int, Offered], now: datetime
    ) -> Answered:
        """Answer a turn; returns what is kept of it for whoever repeats or audits it."""
        answer = msgspec.json.encode(self.describe(keyed, offers, now + orders.HOLD_LASTS))
        turn.close(Placed(answer, is_replayed=False))
        application = turn.application
        return Answered(
            turn.principal,
            application.key,
            application.request_hash,
            answer.decode(),
            ids.external("ord", keyed.order_id),
            application.request_id,
        )


def _open(turns: Sequence[_Turn]) -> list[_Turn]:
    return [turn for turn in turns if turn.is_open]


def _recognise(
    turns: Sequence[_Turn],
    people: Sequence[Applicant | None],
    admit: Callable[[Caller], None],
) -> None:
    """Whose tokens these are, now: one that was revoked a moment ago places nothing.

    Repeated requests are answered; of twins in one batch the first goes on, the others wait.
    """
    begun: set[tuple[str, str]] = set()
    for turn, applicant in zip(turns, people, strict=True):
        try:
            _admit(turn, applicant, admit)
        except Exception as refusal:
            turn.close(refusal)
            continue
        name = turn.principal, turn.application.key
        if turn.is_open and name in begun:
            turn.close(None)
        begun.add(name)


def _admit(turn: _Turn, applicant: Applicant | None, admit: Callable[[Caller], None]) -> None:
    """Raises what is wrong with who asks, or with what they ask."""
    if applicant is None:
        raise UnauthenticatedError(tokens.NOT_LIVING)
    caller = _shopper(applicant.caller)
    admit(caller)
    if turn.application.fault is not None:
        raise turn.application.fault
    if applicant.request_hash not in (None, turn.application.request_hash):
        raise replays.KeyReusedError
    if applicant.answer is not None:
        turn.close(Placed(applicant.answer.encode(), is_replayed=True))
    turn.shopper_id, turn.principal = caller.subject_id or 0, caller.principal
    turn.shopper_pseudonym = caller.shopper_pseudonym or 0
    turn.country = applicant.country


def _shopper(caller: Caller) -> Caller:
    """Raises ForbiddenError."""
    if caller.role != "shopper":
        raise ForbiddenError("this needs a token of the role shopper")
    if not caller.may_write:
        raise tokens.ScopeMissingError()
    return caller


def _price(turns: Sequence[_Turn], known: Shelf) -> None:
    waiting = _open(turns)
    priced = carts.price_many(known, [turn.cart() for turn in waiting])
    for turn, order in zip(waiting, priced, strict=True):
        if isinstance(order, MarketError):
            turn.close(order)
        else:
            turn.order = order


def _refuse_lacking(turns: Sequence[_Turn], known: Shelf) -> None:
    """First come, first served, by the units that are free now. Nothing is locked: should another
    take them before they are written, the batch is undone and each order placed alone.
    """
    free = {offer_id: offer.available_units for offer_id, offer in known.known.items()}
    for turn in turns:
        units = turn.order.units_by_offer()
        lacking = {offer: count for offer, count in units.items() if free[offer] < count}
        if lacking:
            turn.close(stock.out_of_stock(lacking, free))
            continue
        for offer, count in units.items():
            free[offer] -= count
