"""How many requests may wait for Stripe at once.

Requests share a bounded pool of threads. When Stripe hangs, those who wait for it must leave
threads to everybody else, so one more is turned away before it begins anything.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from transactional.errors import UnavailableError

# Half of the threads that the server runs routes on.
SEATS = 20


class PaymentsBusyError(UnavailableError):
    """Too many wait for Stripe already and nothing was begun; try again in a moment."""

    code = "payments_busy"


class StripeSeats:
    def __init__(self, count: int = SEATS) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One seat for the length of the block. Raises PaymentsBusyError where none is free."""
        if not self._free.acquire(blocking=False):
            raise PaymentsBusyError
        try:
            yield
        finally:
            self._free.release()
