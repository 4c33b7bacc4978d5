"""The market's days as Dagster's partitions.

They begin with the first day of which a mart tells. A build notes it beside the warehouse, where
the definitions read it: they are loaded by processes that may not open the warehouse.
"""

from datetime import date
from pathlib import Path

from dagster import DailyPartitionsDefinition

from pipelines.installation import Installation
from warehouse.manifest import replace

# No import reaches further back; before the first build nobody knows better.
BEFORE_ANY = date(2009, 1, 1)
NOTE = "first-day"


def noted_first(warehouse: Path) -> date:
    try:
        return date.fromisoformat((warehouse / NOTE).read_text())
    except FileNotFoundError:
        return BEFORE_ANY


def note_first(warehouse: Path, first: date) -> None:
    if first != noted_first(warehouse):
        replace(warehouse / NOTE, first.isoformat().encode())


FIRST = noted_first(Installation.from_environment().warehouse)
# Today is one of them.
DAYS = DailyPartitionsDefinition(start_date=FIRST.isoformat(), end_offset=1)


def today() -> str:
    """The partition that a refresh is of: marts of days lie in the same job as all others."""
    newest = DAYS.get_last_partition_key()
    assert newest is not None, "today is always a partition"
    return newest
