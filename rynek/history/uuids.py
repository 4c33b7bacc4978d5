"""UUIDs by the column: the database's own generator asks the kernel once per row."""

import secrets

import numpy as np
import polars as pl
from numpy.typing import NDArray

_GROUPS = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
_DIGITS = 32


def uuids(octets: NDArray[np.uint8], version: int) -> pl.Series:
    """(n,) UUIDs in text, of `octets` (n, 16), whose version and variant bits are set."""
    marked = octets.copy()
    marked[:, 6] = marked[:, 6] & 0x0F | version << 4
    marked[:, 8] = marked[:, 8] & 0x3F | 0x80
    digits = marked.tobytes().hex()
    rows = pl.Series(
        [digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS)], dtype=pl.String
    )
    groups = [rows.str.slice(begin, length) for begin, length in _GROUPS]
    return pl.select(pl.concat_str(groups, separator="-")).to_series()


def random_uuids(count: int) -> pl.Series:
    """(count,) UUIDs of version 4 from the system's own randomness."""
    drawn = np.frombuffer(secrets.token_bytes(16 * count), dtype=np.uint8)
    return uuids(drawn.reshape(count, 16), version=4)
