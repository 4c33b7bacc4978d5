"""What must be made at Stripe at most once, although its idempotency keys may lapse."""

from collections.abc import Callable
from typing import TypeVar

from transactional.gateway.connection import StripeFailureKeptError

Made = TypeVar("Made")


def make_once(attempts: int, find: Callable[[], Made | None], make: Callable[[], Made]) -> Made:
    """From the second attempt on Stripe is asked first: its keys may have lapsed, the money has
    not.

    Raises what `make` raises; StripeFailureKeptError only where nothing was made under the key.
    """
    found = find() if attempts > 1 else None
    if found is not None:
        return found
    try:
        return make()
    except StripeFailureKeptError:
        made = find()
        if made is None:
            raise
        return made
