"""Postgres arrays as text: psycopg writes a list item by item, which a batch of orders feels."""

from collections.abc import Iterable
from typing import Any

import msgspec


def array(values: Iterable[Any]) -> str:
    """Numbers, times, None and plain words as the text of an array; to be cast where it is used.

    Of such values JSON's text is Postgres's, but for the brackets.
    """
    return "{" + msgspec.json.encode(list(values))[1:-1].decode() + "}"
