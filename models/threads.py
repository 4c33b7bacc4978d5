"""How many threads the numerics may use on this machine."""

import os


def available_threads() -> int:
    """The cores this process may run on, or `OMP_NUM_THREADS` where that is set lower."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores or 1, int(asked) if asked.isdigit() else cores or 1))
