"""Ending a connection without an answer, as a network does."""

from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION: Final = "rynek.hang_up"


class Line(HttpToolsProtocol):
    """Uvicorn's connection, with its plug within reach of the application."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"now": self.transport.abort}}


class HungUp(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][EXTENSION]["now"]()
        while (await receive())["type"] != "http.disconnect":
            continue
