"""The counter where requests are answered: who asks, under which key, and what is committed.

One request is one transaction. The change, its events, their deliveries and the answer under the
idempotency key become durable together, and only then the answer leaves.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from rynek.local.stripe.answers import KeysInUse, fingerprint, recall, remember
from rynek.local.stripe.courier import Courier
from rynek.local.stripe.exchange import Answer, Call, Verb
from rynek.local.stripe.form import decode
from rynek.local.stripe.ids import mint
from rynek.local.stripe.refusals import Json, NoAccess, Refusal, TooLarge, Unauthorized
from rynek.local.stripe.store import PLATFORM, Store

MAX_BODY_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Question:
    """A request after its envelope was opened: who asks, under which key, with which form."""

    method: str
    url_path: str
    path: dict[str, str]
    form: Json
    account: str
    key: str | None
    base_url: str
    request_id: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.method, self.url_path, self.form)


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


async def opened(request: Request, request_id: str) -> Question:
    """Read a request's envelope. Raises Refusal for a bad key, body or form."""
    require_test_key(request.headers.get("authorization", ""))
    is_post = request.method == "POST"
    text = await body_of(request) if is_post else request.url.query
    return Question(
        method=request.method,
        url_path=request.url.path,
        path={**request.path_params, "route": request.url.path},
        form=decode(text),
        account=request.headers.get("stripe-account", PLATFORM),
        key=request.headers.get("idempotency-key") if is_post else None,
        base_url=str(request.base_url).rstrip("/"),
        request_id=request_id,
    )


async def body_of(request: Request) -> str:
    """The body as text. Raises TooLarge as soon as it passes the bound."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"A request holds at most {MAX_BODY_BYTES} bytes.")
    return body.decode("utf-8", errors="replace")


def require_test_key(authorization: str) -> None:
    """Accept `Bearer sk_test_...`, or the same key as the user of Basic authentication."""
    scheme, _, credential = authorization.partition(" ")
    key = basic_user(credential) if scheme.lower() == "basic" else credential.strip()
    if not key:
        raise Unauthorized(
            "You did not provide an API key. Send `Authorization: Bearer sk_test_…`."
        )
    if not key.startswith("sk_test_"):
        raise Unauthorized(
            "This is a stand-in for Stripe and takes only keys that begin with sk_test_. "
            "If a live key was sent here, two worlds are mixed: check STRIPE_API_BASE."
        )


def basic_user(credential: str) -> str:
    try:
        return base64.b64decode(credential, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def for_shopper(request: Request, form: Json) -> Question:
    """The shopper's bank asks on its own behalf, without a key (stand-in only)."""
    return Question(
        method=request.method,
        url_path=request.url.path,
        path=dict(request.path_params),
        form=form,
        account=PLATFORM,
        key=None,
        base_url=str(request.base_url).rstrip("/"),
        request_id=mint("req_"),
    )
