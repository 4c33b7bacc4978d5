"""People who insist: they repeat a request under its key until the market has answered it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

SECONDS_TO_INSIST = 120.0
SECONDS_TO_ANSWER = 30.0
PAUSE_SECONDS = 0.02
# Reading the certificates that nobody shows here would cost more than most requests.
PLAIN: Any = {"verify": False, "trust_env": False, "timeout": SECONDS_TO_ANSWER}
# Answers that ask to come again.
COME_AGAIN = (
    "payment_in_progress",
    "payments_busy",
    "orders_busy",
    "rate_limited",
    "database_busy",
)
Json = dict[str, Any]


class VisitRefusedError(AssertionError):
    """The market refused this; `code` says why."""

    def __init__(self, asked: str, code: str, said: str) -> None:
        super().__init__(f"{asked}: {said}")
        self.code = code


@dataclass(frozen=True)
class Visitor:
    """Someone with a token, who notices that the market is down and has it started again."""

    core_url: str
    token: str
    revive: Callable[[], object]

    def get(self, path: str, **parameters: Any) -> Json:
        return self._insist("GET", path, params=parameters)

    def post(self, path: str, body: Json | None = None) -> Json:
        """An effect, under one key however often it is asked for."""
        return self._insist("POST", path, json=body or {}, key=str(uuid4()))

    def declined(self, path: str, body: Json) -> None:
        """A payment that is to be declined."""
        self._insist("POST", path, json=body, key=str(uuid4()), wanted=402)

    def _insist(
        self, method: str, path: str, key: str | None = None, wanted: int = 200, **request: Any
    ) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"}
        if key:
            headers["Idempotency-Key"] = key
        deadline = time.monotonic() + SECONDS_TO_INSIST
        while True:
            answer = self._ask(method, path, headers, **request)
            if answer is not None and (answer.is_success or answer.status_code == wanted):
                return dict(answer.json())
            code = "no_answer" if answer is None else answer.json()["code"]
            if time.monotonic() > deadline or code not in ("no_answer", *COME_AGAIN):
                said = "nothing" if answer is None else answer.text
                raise VisitRefusedError(f"{method} {path}", code, said)
            self.revive()
            time.sleep(PAUSE_SECONDS)

    def _ask(
        self, method: str, path: str, headers: dict[str, str], **request: Any
    ) -> httpx.Response | None:
        """None where the market was not there to answer, or died before it did."""
        try:
            with httpx.Client(**PLAIN) as client:
                return client.request(method, self.core_url + path, headers=headers, **request)
        except httpx.TransportError:
            return None
