"""The counter where requests are answered: who asks, under which key, and what is committed.

One request is one transaction. The change, its events, their deliveries and the answer under the
idempotency key become durable together, and only then the answer leaves.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rynek.local.stripe.answers import KeysInUse, recall, remember
from rynek.local.stripe.courier import Courier
from rynek.local.stripe.exchange import Answer, Call, Verb
from rynek.local.stripe.faults import ConnectionDropped, Fault, Faults
from rynek.local.stripe.question import Question
from rynek.local.stripe.refusals import NoAccess, RateLimited, Refusal
from rynek.local.stripe.store import PLATFORM, Books, Store

BROKEN: Final = Answer(
    500, {"error": {"type": "api_error", "message": "An error occurred on our side, as ordered."}}
)


@dataclass(frozen=True)
class Reply:
    """An answer with what its headers tell: whose answer it is, and whether it was replayed."""

    answer: Answer
    replays: str | None = None
    """The id of the request that first got this answer."""


@dataclass
class Counter:
    """Answers one request at a time; only the wait before it (`delay_s`) runs side by side."""

    store: Store
    courier: Courier
    clock: Callable[[], float]
    delay_s: float = 0.0
    keys: KeysInUse = field(default_factory=KeysInUse)
    faults: Faults = field(default_factory=Faults)

    async def ask(self, question: Question, verb: Verb) -> Reply:
        """The saved answer of the key, or the outcome of `verb`, committed.

        Raises Refusal, or ConnectionDropped where a fault on order says so.
        """
        fault = self.faults.striking(question.method, question.url_path)
        if fault and fault.fault == "rate_limited":
            raise RateLimited(fault.seconds)
        with self.keys.hold(question.account, question.key):
            await asyncio.sleep(self.delay_s + delay_of(fault))
            try:
                return self._struck(question, verb, fault) if fault else self._told(question, verb)
            finally:
                self.courier.wake()

    def _struck(self, question: Question, verb: Verb, fault: Fault) -> Reply:
        """What is told by a stand-in at which something goes wrong."""
        match fault.fault:
            case "fail_before_commit":
                raise ConnectionDropped
            case "answer_lost":
                try:
                    self._told(question, verb)
                except Refusal as refusal:
                    raise ConnectionDropped from refusal
                raise ConnectionDropped
            case "error_500_saved":
                return self._told(question, lambda _: BROKEN)
            case "error_500_after_commit":
                return self._told(question, verb, instead=BROKEN)
        return self._told(question, verb)

    def _told(self, question: Question, verb: Verb, instead: Answer | None = None) -> Reply:
        """The saved answer, or the outcome of `verb` with its answer or the one told instead."""
        now = int(self.clock())
        try:
            with self.store.transaction(question.account) as books:
                return replayed(books, question, now) or executed(
                    books, question, verb, now, instead
                )
        except Refusal as refusal:
            self._save_refusal(question, refusal)
            raise

    def _save_refusal(self, question: Question, refusal: Refusal) -> None:
        if question.key is None or not refusal.is_saved:
            return
        answer = Answer(refusal.status, refusal.envelope())
        with self.store.transaction(question.account) as books:
            keep(books, question, answer, int(self.clock()))

    def require_account(self, account: str) -> None:
        """Refuse a `Stripe-Account` that is not one of the platform's connected accounts."""
        if account == PLATFORM:
            return
        with self.store.transaction() as books:
            if books.find("account", account) is None:
                raise NoAccess(
                    f"The key does not have access to account '{account}', or it does not exist.",
                    code="account_invalid",
                )


def replayed(books: Books, question: Question, now: int) -> Reply | None:
    """The answer that the key got before."""
    if question.key is None:
        return None
    saved = recall(books, question.key, question.fingerprint, now)
    return Reply(saved.answer, replays=saved.request_id) if saved else None


def executed(
    books: Books, question: Question, verb: Verb, now: int, instead: Answer | None
) -> Reply:
    """What the verb does, with the answer that is told and kept."""
    call = Call(
        books=books,
        form=question.form,
        path=question.path,
        now=now,
        request_id=question.request_id,
        idempotency_key=question.key,
        base_url=question.base_url,
    )
    outcome = verb(call)
    keep(books, question, instead or outcome, now)
    return Reply(instead or outcome)


def keep(books: Books, question: Question, answer: Answer, now: int) -> None:
    """Keep the answer under the question's key, if it has one."""
    if question.key is not None:
        asked, request_id = question.fingerprint, question.request_id
        remember(books, question.key, asked, answer, request_id=request_id, now=now)


def delay_of(fault: Fault | None) -> float:
    return fault.seconds if fault and fault.fault == "delay" else 0.0
