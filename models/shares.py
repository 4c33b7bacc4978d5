"""Work on the columns of a dense matrix, shared out among threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.arrays import Float32
from models.threads import available_threads

# Few enough that the blocks a sparse product goes through stay in the cache.
COLUMNS_AT_ONCE = 64


def shared_out(work: Callable[[Float32], Float32], signals: Float32) -> Float32:
    """`work` applied to blocks of the columns of `signals` `(rows, n)`, put together again."""
    result = np.empty_like(signals)

    def do(begin: int) -> None:
        part = slice(begin, begin + COLUMNS_AT_ONCE)
        result[:, part] = work(np.ascontiguousarray(signals[:, part]))

    with ThreadPoolExecutor(available_threads()) as pool:
        list(pool.map(do, range(0, signals.shape[1], COLUMNS_AT_ONCE)))
    return result
