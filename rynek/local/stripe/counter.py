"""The counter where requests are answered: who asks, under which key, and what is committed.

One request is one transaction. The change, its events, their deliveries and the answer under the
idempotency key become durable together, and only then the answer leaves.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from rynek.local.stripe.answers import KeysInUse, recall, remember
from rynek.local.stripe.courier import Courier
from rynek.local.stripe.exchange import Answer, Call, Verb
from rynek.local.stripe.question import Question
from rynek.local.stripe.refusals import NoAccess, Refusal
from rynek.local.stripe.store import PLATFORM, Store


@dataclass(frozen=True)
class Reply:
    """An answer with what its headers tell: whose answer it is, and whether it was replayed."""

    answer: Answer
    replays: str | None = None
    """The id of the request that first got this answer."""


@dataclass
class Counter:
    """Answers one request at a time; only the wait before it (`latency_s`) runs side by side."""

    store: Store
    courier: Courier
    clock: Callable[[], float]
    latency_s: float = 0.0
    keys: KeysInUse = field(default_factory=KeysInUse)

    async def ask(self, question: Question, verb: Verb) -> Reply:
        """The saved answer of the key, or the outcome of `verb`, committed. Raises Refusal."""
        with self.keys.hold(question.account, question.key):
            await asyncio.sleep(self.latency_s)
            try:
                return self._saved(question) or self._execute(question, verb)
            except Refusal as refusal:
                self._save_refusal(question, refusal)
                raise
            finally:
                self.courier.wake()

    def _saved(self, question: Question) -> Reply | None:
        if question.key is None:
            return None
        with self.store.transaction(question.account) as books:
            saved = recall(books, question.key, question.fingerprint, int(self.clock()))
        return Reply(saved.answer, replays=saved.request_id) if saved else None

    def _execute(self, question: Question, verb: Verb) -> Reply:
        now = int(self.clock())
        with self.store.transaction(question.account) as books:
            call = Call(
                books=books,
                form=question.form,
                path=question.path,
                now=now,
                request_id=question.request_id,
                idempotency_key=question.key,
                base_url=question.base_url,
            )
            answer = verb(call)
            if question.key is not None:
                asked, request_id = question.fingerprint, question.request_id
                remember(books, question.key, asked, answer, request_id=request_id, now=now)
        return Reply(answer)

    def _save_refusal(self, question: Question, refusal: Refusal) -> None:
        if question.key is None or not refusal.is_saved:
            return
        answer = Answer(refusal.status, refusal.envelope())
        asked, request_id, now = question.fingerprint, question.request_id, int(self.clock())
        with self.store.transaction(question.account) as books:
            remember(books, question.key, asked, answer, request_id=request_id, now=now)

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
