"""What may go wrong with webhooks: sent twice, out of order, withheld (stand-in only)."""

from random import Random
from typing import Final

from msgspec import Struct

LONGEST_DELAY_S: Final = 0.5
"""Within it, deliveries that were put off overtake each other."""
NEVER_S: Final = 1e12
"""How long a delivery is withheld, unless it is released."""


class Mischief(Struct, forbid_unknown_fields=True, frozen=True):
    """Probabilities. Each delivery's fate is drawn from the seed and its number alone."""

    duplicate: float = 0.0
    reorder: float = 0.0
    withhold: float = 0.0
    seed: int = 0

    def delay_of(self, delivery_id: int) -> float:
        """Seconds that the first attempt is put off: 0, a fraction, or for ever."""
        chance = Random(f"delay {self.seed} {delivery_id}")
        if chance.random() < self.withhold:
            return NEVER_S
        if chance.random() < self.reorder:
            return chance.uniform(0, LONGEST_DELAY_S)
        return 0.0

    def is_doubled(self, delivery_id: int) -> bool:
        """Whether the delivery is sent a second time, although it was accepted."""
        return Random(f"double {self.seed} {delivery_id}").random() < self.duplicate
