"""A bound on request bodies: what is larger is refused while it is read, not after."""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY_BYTES = 1_000_000
# A catalogue's CSV is read and kept as it streams in, so its size costs no memory.
LARGEST_FILE_BYTES = 64_000_000
FILES = re.compile("/v1/vendors/[^/]+/catalogue-imports")


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
        is_file = FILES.fullmatch(scope["path"]) is not None
        largest_bytes = LARGEST_FILE_BYTES if is_file else self._largest_bytes

        async def bounded() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            demand(read_bytes, largest_bytes)
            return message

        await self._app(scope, bounded, send)


def demand(read_bytes: int, largest_bytes: int = LARGEST_BODY_BYTES) -> None:
    """Raises HTTPException, 413, where more was read."""
    if read_bytes > largest_bytes:
        raise HTTPException(413, f"a body has at most {largest_bytes} bytes")
