"""Cursors: where a page ended, as an opaque word that only its own list understands."""

import base64
import binascii
from typing import Any, TypeVar

import msgspec

from serving.errors import CursorInvalid

T = TypeVar("T")

LONGEST = 2_000


def cursor(list_name: str, place: tuple[Any, ...] | None) -> str | None:
    """The word for a place in a list; None at the list's end."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode([list_name, *place])).decode().rstrip("=")


def place(list_name: str, word: str | None, shape: type[T]) -> T | None:
    """The place that a word stands for. Raises CursorInvalid for a word of another list."""
    if word is None:
        return None
    try:
        padded = word + "=" * (-len(word) % 4)
        name, *values = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[Any])
        if name != list_name:
            raise CursorInvalid
        return msgspec.convert(values, shape, strict=False)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise CursorInvalid from error
