"""Facts as serving reads them (contract 2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class Fact(msgspec.Struct, frozen=True):
    """One change in the core. ``position`` orders all facts, ``version`` those of one key."""

    position: int
    xid: str
    type: str
    key: str
    version: int
    recorded_at: datetime
    batch_end: bool
    identity: str
    payload: Mapping[str, Any]

    @property
    def transaction_id(self) -> int:
        return int(self.xid)

    @property
    def subject_id(self) -> int:
        """The number behind the key's typed prefix: 12 for ``off_12``."""
        return int(self.key.rpartition("_")[2])


_fact_decoder = msgspec.json.Decoder(Fact)


def read_fact(encoded: bytes | str) -> Fact:
    """Decodes one fact. Raises msgspec.DecodeError, or ValidationError for another shape."""
    return _fact_decoder.decode(encoded)
