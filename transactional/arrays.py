"""Postgres arrays in one go: psycopg writes a list item by item, which a batch of orders feels."""

from collections.abc import Iterable, Sequence
from struct import pack
from typing import Any

import msgspec
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Dimensions, whether there are nulls, and of what: the head of an array that begins with item 1.
HEAD, NULL = "!iiIii", b"\xff\xff\xff\xff"
# What ends a row or quotes its words; and an empty word, which would be read as none.
PARTING = (b"(", b")", b"\\", b'""')


class Texts(list[str | None]):
    """A text[] of what people or programs wrote, sent as it is where the statement says `%b`."""


def array(values: Iterable[Any]) -> str:
    """Numbers, times, None and plain words as the text of an array; to be cast where it is used.

    Of such values JSON's text is Postgres's, but for the brackets.
    """
    return "{" + msgspec.json.encode(list(values))[1:-1].decode() + "}"


def rows(values: Sequence[Sequence[Any]]) -> str:
    """Rows of such values as the text of an array of a composite type, its columns in their order.

    None never comes first. Raises ValueError where a word is empty or holds what parts columns and
    rows: it could write a row of its own.
    """
    if not values:
        return "{}"
    encoded = msgspec.json.encode(values)[2:-2]
    commas = len(values) * len(values[0]) - 1
    if encoded.count(b",") != commas or any(sign in encoded for sign in PARTING):
        raise ValueError("no plain words")
    text = encoded.replace(b",null", b",").replace(b'"', b"")
    return '{"(' + text.replace(b"],[", b')","(').decode() + ')"}'


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["text"].array_oid

    def dump(self, obj: Texts) -> bytes:
        text_oid = psycopg.adapters.types["text"].oid
        parts = [pack(HEAD, 1, None in obj, text_oid, len(obj), 1)]
        for item in obj:
            if item is None:
                parts.append(NULL)
            else:
                encoded = item.encode()
                parts += (len(encoded).to_bytes(4), encoded)
        return b"".join(parts)


psycopg.adapters.register_dumper(Texts, _TextsDumper)
