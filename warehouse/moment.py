"""A moment in the source's history: what a load has seen, and what it has not (contract 1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class PgSnapshot:
    """The value of `pg_current_snapshot()`: which transactions had committed when it was taken."""

    xmin: int
    xmax: int
    in_progress: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read Postgres' own text form, `xmin:xmax:xid,xid`. Raises ValueError on any other."""
        xmin, xmax, in_progress = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(map(int, filter(None, in_progress.split(",")))))

    def sees(self, xid: int) -> bool:
        """Whether rows of this top-level transaction are in the snapshot, if it did commit."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.in_progress)


@dataclass(frozen=True)
class Moment:
    """When a load read: `snapshot` is S, `relay_position` P, `identity` names the history.

    `erased_through` is the newest tombstone of a person that it heeded.
    """

    identity: str
    snapshot: str
    relay_position: int
    taken_at: datetime
    erased_through: int = 0

    @property
    def seen(self) -> PgSnapshot:
        return PgSnapshot.parse(self.snapshot)

    def continues(self, earlier: "Moment") -> bool:
        """Whether a load may start from the earlier moment: same history, not run back."""
        return self.identity == earlier.identity and self.seen.xmax >= earlier.seen.xmax
