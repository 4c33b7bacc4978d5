"""Kept connections to webhook endpoints: HTTP/1.1 POST, and of the answer only the status.

Three webhooks go out for one payment; with httpx they cost three times what the payment did.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

MAX_BODY_BYTES: Final = 1 << 20
"""Of an answer; the connection of a longer one is given up instead of read to its end."""
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Line:
    """One open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Lines:
    """Connections that are open and free, by the endpoint they lead to."""

    def __init__(self) -> None:
        self._free: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that the endpoint answers.

        Raises OSError where it cannot be reached, EOFError where it hangs up, and ValueError or
        asyncio.LimitOverrunError where it does not speak HTTP.
        """
        to = urlsplit(url)
        request = request_of(to, body, headers)
        kept = self._free[to.scheme, to.netloc]
        if kept:
            try:
                return await self._exchange(to, kept.pop(), request)
            except (OSError, EOFError):
                pass  # the endpoint closed it meanwhile: try on a fresh one
        return await self._exchange(to, await dialled(to), request)

    async def _exchange(self, to: SplitResult, line: Line, request: bytes) -> int:
        is_kept = False
        try:
            line.writer.write(request)
            status, is_kept = await answered(line.reader)
        finally:
            if is_kept:
                self._free[to.scheme, to.netloc].append(line)
            else:
                line.writer.close()
        return status

    def close(self) -> None:
        for lines in self._free.values():
            for line in lines:
                line.writer.close()
        self._free.clear()


async def dialled(to: SplitResult) -> Line:
    tls = ssl.create_default_context() if to.scheme == "https" else None
    port = to.port or DEFAULT_PORTS[to.scheme]
    return Line(*await asyncio.open_connection(to.hostname, port, ssl=tls))


def request_of(to: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    target = (to.path or "/") + (f"?{to.query}" if to.query else "")
    told = {"host": to.netloc, **headers, "content-length": str(len(body))}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def answered(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status of an answer, and whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    version, status, *_ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in rest)}
    length = int(headers.get("content-length", -1))
    is_kept = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if not is_kept or not 0 <= length <= MAX_BODY_BYTES:
        return int(status), False
    await reader.readexactly(length)
    return int(status), True
