"""Rules with a time: found by what they are about, and by when they hold.

A rule is never edited: it ends, and another begins. It holds from its beginning on, up to but not
including its end.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

# A moment or a day; the rules of one book use one of them throughout.
At = TypeVar("At")
AtOfRule = TypeVar("AtOfRule", contravariant=True)


class Dated(Protocol[AtOfRule]):
    """What a book needs of a rule."""

    @property
    def about(self) -> Hashable: ...

    @property
    def order(self) -> Any:
        """Its beginning, then its id: of two in force, the one that began later counts."""

    def holds(self, at: AtOfRule) -> bool: ...


R = TypeVar("R", bound=Dated[Any])


class Book(Generic[R, At]):
    """Rules by what they are about, those that began last first."""

    def __init__(self, rules: Iterable[R] = ()) -> None:
        self._pages: dict[Hashable, list[R]] = {}
        for rule in sorted(rules, key=lambda rule: rule.order, reverse=True):
            self._pages.setdefault(rule.about, []).append(rule)

    def first(self, subjects: Iterable[Hashable], at: At) -> R | None:
        """The rule about the first of `subjects` that has one in force."""
        if self._pages:
            for subject in subjects:
                for rule in self._pages.get(subject, ()):
                    if rule.holds(at):
                        return rule
        return None

    def all(self, subjects: Iterable[Hashable], at: At) -> Iterator[R]:
        """Every rule in force about one of `subjects`, in their order."""
        if self._pages:
            for subject in subjects:
                yield from (rule for rule in self._pages.get(subject, ()) if rule.holds(at))
