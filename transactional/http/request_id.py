"""Every request has an id: the caller's own X-Request-Id, or a new one; its answer carries it."""

import random
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,100}")
WANTED = HEADER.lower().encode()


class RequestId:
    """Puts `request_id` into the request's state, where the audit trail finds it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = of(scope)
        scope.setdefault("state", {})["request_id"] = request_id

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, answered)


def of(scope: Scope) -> str:
    """The caller's own, or a new one."""
    for name, value in scope["headers"]:
        if name == WANTED:
            asked: str = value.decode("latin-1")
            if ACCEPTED.fullmatch(asked):
                return asked
    return f"{random.getrandbits(128):032x}"  # it is to differ, not to be secret
