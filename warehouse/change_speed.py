"""How soon a load brings a thousand changed rows among many millions."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from warehouse import store
from warehouse.load import load
from warehouse.load_speed import timed

CHANGED = 1_000
UPDATE = "update vendor_orders set version = version + 1 where vendor_order_id in ({chosen})"
# What a working day changes, and what no index on time can help with.
RECENT = f"select vendor_order_id from vendor_orders order by vendor_order_id desc limit {CHANGED}"
SPREAD = f"""
    select newest * n / {CHANGED}
    from (select max(vendor_order_id) as newest from vendor_orders) as known,
         generate_series(1, {CHANGED}) as n
"""


@dataclass(frozen=True)
class ChangeSpeed:
    """Seconds of each round: rows changed lately, rows changed all over the years, and none."""

    recent_seconds: tuple[float, ...]
    spread_seconds: tuple[float, ...]
    idle_seconds: tuple[float, ...]


def measure_changes(
    owner_url: str, database_url: str, repetitions: int, say: Callable[[str], None]
) -> ChangeSpeed:
    """Load everything once, then change and load in turn."""
    rounds: dict[str, list[float]] = {RECENT: [], SPREAD: [], "": []}
    with tempfile.TemporaryDirectory() as folder, store.opened(Path(folder)) as connection:

        def bring() -> int:
            return load(connection, database_url).rows_loaded

        say(f"everything loaded in {timed(bring)[0]:.0f} s")
        for _ in range(repetitions):
            for chosen, seconds in rounds.items():
                change(owner_url, chosen)
                taken, rows = timed(bring)
                assert rows == (CHANGED if chosen else 0), f"{rows} rows came"
                seconds.append(taken)
    return ChangeSpeed(*(tuple(seconds) for seconds in rounds.values()))


def change(owner_url: str, chosen: str) -> None:
    if chosen:
        with psycopg.connect(owner_url) as connection:
            connection.execute(UPDATE.format(chosen=chosen).encode())
