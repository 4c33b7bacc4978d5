"""What Postgres itself says at the moments that an answer may stand at: each batch, each load."""

import json
import time
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg

from warehouse.moment import PgSnapshot

# vendor id to (orders, cents, distinct customers)
Totals = dict[int, tuple[int, int, int]]

TOTALS = """
select pg_current_snapshot()::text as snapshot,
       extract(epoch from clock_timestamp())::float8 as at,
       coalesce(jsonb_object_agg(vendor_id, jsonb_build_array(orders, cents, customers)),
                '{}')::text as totals
from (
    select vendor_id, count(*) as orders, sum(items_cents)::bigint as cents,
           count(distinct shopper_pseudonym) as customers
    from vendor_orders
    where status in ('paid', 'shipped', 'delivered')
    group by vendor_id
) as sold
"""
TABLES = """
create schema soak;
create table soak.batches (position bigint primary key, snapshot text, at float8, totals text);
"""
# Before the first fact nothing was sold.
BEGINNING = "insert into soak.batches values (0, '1:1:', 0, '{}')"
RECORD_BATCH = f"""
insert into soak.batches select (select last_position from relay), told.* from ({TOTALS}) as told
"""
BATCH = "select snapshot, at, totals from soak.batches where position = %s"
LOADS, CRASHES = "loads", "crashes"


@dataclass(frozen=True)
class Moment:
    """What had been committed by then, `at` which time (seconds since 1970), and its sums."""

    seen: PgSnapshot
    at: float
    totals: Totals

    @classmethod
    def parse(cls, snapshot: str, at: float, totals: str) -> Self:
        found = {int(vendor_id): tuple(sums) for vendor_id, sums in json.loads(totals).items()}
        return cls(PgSnapshot.parse(snapshot), at, found)

    def is_no_later(self, other: Self, crashes: Sequence[float]) -> bool:
        """Whether all that this one sees is seen by the other too.

        On one server snapshots are nested; ids compare only as long as none was handed out twice.
        """
        lives = bisect(crashes, self.at), bisect(crashes, other.at)
        if lives[0] != lives[1]:
            return lives[0] < lives[1]
        return self.seen.xmax <= other.seen.xmax and not any(
            self.seen.sees(xid) for xid in other.seen.in_progress
        )


def prepare(connection: "psycopg.Connection[Any]") -> None:
    connection.execute(TABLES)
    connection.execute(BEGINNING)


def record_crash(home: Path) -> None:
    """Postgres is killed now."""
    with (home / CRASHES).open("a") as file:
        file.write(f"{time.time()}\n")


def record_load(home: Path, told: Mapping[str, Any]) -> None:
    """Keep a load's totals beside Postgres: a commit there would flush what a control must lose."""
    (home / LOADS).mkdir(exist_ok=True)
    (home / LOADS / told["snapshot"]).write_text(json.dumps([told["at"], told["totals"]]))


def expected(
    connection: "psycopg.Connection[Any]", home: Path, position: int, snapshot: str
) -> Totals:
    """The totals at the later of the batch that ends at `position` and the load at `snapshot`."""
    row = connection.execute(BATCH, (position,)).fetchone()
    assert row is not None, f"no batch ends at {position}"
    batch = Moment.parse(*row)
    load = Moment.parse(snapshot, *json.loads((home / LOADS / snapshot).read_text()))
    return load.totals if batch.is_no_later(load, _crashes(home)) else batch.totals


def _crashes(home: Path) -> list[float]:
    path = home / CRASHES
    return [float(line) for line in path.read_text().split()] if path.exists() else []
