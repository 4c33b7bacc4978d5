"""Pauses before another try: each is twice the one before, up to the longest."""

from dataclasses import dataclass
from datetime import timedelta

# Further doublings would outgrow a timedelta, and have long outgrown every longest pause.
MOST_DOUBLINGS = 20


@dataclass(frozen=True)
class Pauses:
    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row, of which there is one at least."""
        return min(self.first * (1 << min(failures - 1, MOST_DOUBLINGS)), self.longest)
