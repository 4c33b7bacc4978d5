"""A bound on request bodies: what is larger is refused while it is read, not after."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY_BYTES = 1_000_000


class BodyLimit:
    """Answers 413 `body_too_large` as soon as a body passes the limit."""

    def __init__(self, app: ASGIApp, largest_bytes: int = LARGEST_BODY_BYTES) -> None:
        self._app = app
        self._largest_bytes = largest_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read_bytes = 0

        async def bounded() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > self._largest_bytes:
                raise HTTPException(413, f"a body has at most {self._largest_bytes} bytes")
            return message

        await self._app(scope, bounded, send)
