"""How often the process looks for garbage of its own."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# The collector looks after so many new objects; a batch of orders makes thousands at once, and most
# go without it.
NEW_OBJECTS = 100_000


@contextmanager
def collected_seldom() -> Iterator[None]:
    """For the length of the block, with what was imported left out of each look: it stays.

    Looking through it again and again was a quarter of what a busy core computed.
    """
    often, *later = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *later)
    try:
        yield
    finally:
        gc.set_threshold(often, *later)
        gc.unfreeze()
