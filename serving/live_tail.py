"""The live tail: facts that a published snapshot has not seen, laid over it exactly once.

A fact belongs to the tail when its position lies after the snapshot's relay position and its
transaction was not visible to the load. The tail is an overlay, not a sum: the highest version of
a key replaces the snapshot's row. Facts may arrive late, twice or out of order; they are shown in
whole batches only. Nothing here does I/O: ``serving.follower`` feeds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from types import MappingProxyType

from serving.facts import Fact
from serving.overlay import Base, Overlay

# Beyond this, facts behind a gap are dropped and read again from the core.
MAX_WAITING_FACTS = 10_000


def _none_waiting() -> Mapping[int, Fact]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tail:
    """Puts arriving facts into order and applies them a whole batch at a time.

    Positions are consecutive: a missing one is a gap, and everything behind it waits.
    ``applied_position`` is the end of the last batch shown.
    """

    base: Base
    applied_position: int
    overlay: Overlay = field(default_factory=Overlay)
    waiting: Mapping[int, Fact] = field(default_factory=_none_waiting)

    @classmethod
    def start(cls, base: Base) -> "Tail":
        return cls(base, base.position)

    @property
    def has_gap(self) -> bool:
        """Whether later facts are here while the next one is not."""
        return bool(self.waiting) and self.applied_position + 1 not in self.waiting

    @property
    def reached_position(self) -> int:
        """The last position up to which every fact is here, shown or still waiting."""
        return self.applied_position + sum(
            1 for _ in _consecutive(self.waiting, self.applied_position)
        )

    def take(self, facts: Iterable[Fact]) -> "Tail":
        """The tail after these facts arrived; foreign and repeated ones are ignored."""
        waiting = dict(self.waiting)
        for fact in facts:
            if fact.identity == self.base.identity and fact.position > self.applied_position:
                waiting[fact.position] = fact
        batches, last = _whole_batches(waiting, self.applied_position)
        overlay = self.overlay.apply(fact for fact in batches if self.base.lacks(fact))
        return Tail(self.base, last, overlay, _bounded(waiting, last))

    def rebase(self, base: Base) -> "Tail":
        """The tail on another snapshot: pruned when it is newer, begun again when it is not."""
        if base.identity != self.base.identity or base.position < self.base.position:
            return Tail.start(base)
        applied = max(self.applied_position, base.position)
        moved = replace(self, base=base, applied_position=applied, overlay=self.overlay.prune(base))
        return moved.take(())


def _whole_batches(waiting: Mapping[int, Fact], applied: int) -> tuple[list[Fact], int]:
    """The facts of the whole batches that follow without a gap, and their last position."""
    following = list(_consecutive(waiting, applied))
    ends = [index for index, fact in enumerate(following) if fact.batch_end]
    complete = following[: ends[-1] + 1] if ends else []
    return complete, applied + len(complete)


def _consecutive(waiting: Mapping[int, Fact], applied: int) -> Iterator[Fact]:
    for position in count(applied + 1):
        if position not in waiting:
            return
        yield waiting[position]


def _bounded(waiting: Mapping[int, Fact], applied: int) -> Mapping[int, Fact]:
    """What still waits. A batch may be of any size, so only facts behind a gap are ever dropped."""
    remaining = {position: fact for position, fact in waiting.items() if position > applied}
    if len(remaining) <= MAX_WAITING_FACTS:
        return remaining
    return {fact.position: fact for fact in _consecutive(remaining, applied)}
