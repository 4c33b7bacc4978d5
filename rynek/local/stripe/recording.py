"""Records every exchange, raw, one JSON line each: tests hold them to Stripe's description."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RECORDED: Final = "/v1/"


class Recording:
    """ASGI middleware that appends `{method, path, query, body, status, answer}` to a file."""

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(RECORDED):
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope)
        await self._app(scope, exchange.hearing(receive), exchange.telling(send, self._append))

    def _append(self, line: str) -> None:
        """Append a whole line at once: another process reads the file meanwhile."""
        with self._path.open("ab", buffering=0) as lines:
            lines.write(f"{line}\n".encode())


class Exchange:
    """What goes in and out of one request."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._status = 0
        self._body = bytearray()
        self._answer = bytearray()

    def hearing(self, receive: Receive) -> Receive:
        async def heard() -> Message:
            message = await receive()
            self._body += message.get("body", b"")
            return message

        return heard

    def telling(self, send: Send, record: Callable[[str], None]) -> Send:
        """Pass the answer on, recorded before its end is: who has it finds it in the file."""

        async def told(message: Message) -> None:
            self._status = message.get("status", self._status)
            self._answer += message.get("body", b"")
            if message["type"] == "http.response.body" and not message.get("more_body"):
                record(self.line())
            await send(message)

        return told

    def line(self) -> str:
        return json.dumps(
            {
                "method": self._scope["method"],
                "path": self._scope["path"],
                "query": self._scope["query_string"].decode(),
                "body": self._body.decode(),
                "status": self._status,
                "answer": self._answer.decode(),
            }
        )
