"""The published snapshot as serving holds it: file, S and P from one read of the pointer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from serving import assortment
from serving.assortment import Assortment
from serving.overlay import Base
from warehouse.moment import PgSnapshot
from warehouse.snapshot import Snapshot, Snapshots

VENDOR_NAMES = "select vendor_id, name from vendors"
LAST_ORDERS = "select vendor_id, max(order_date) from vendor_orders where is_counted group by all"


@dataclass(frozen=True)
class Published:
    """One snapshot, and what is derived from it once."""

    snapshot: Snapshot
    base: Base
    zone: ZoneInfo
    assortment: Assortment
    vendor_names: Mapping[int, str]
    last_order_dates: Mapping[int, date]

    @cached_property
    def last_order_date(self) -> date | None:
        """The day of the market's newest counted order; None before the first."""
        return max(self.last_order_dates.values(), default=None)

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Published":
        snapshot.warm()
        moment = snapshot.manifest.postgres
        base = Base(moment.identity, PgSnapshot.parse(moment.snapshot), moment.relay_position)
        zone = ZoneInfo(snapshot.manifest.time_zone)
        return cls(
            snapshot,
            base,
            zone,
            assortment.published(snapshot),
            dict(snapshot.rows(VENDOR_NAMES)),
            dict(snapshot.rows(LAST_ORDERS)),
        )


def looking_at(snapshots: Snapshots) -> Callable[[Published | None], Published]:
    """The newest good snapshot, for a Watcher. Raises while there is none, or a newer is bad."""

    def look(seen: Published | None) -> Published:
        snapshot = snapshots.get()
        if snapshots.fault and seen and seen.snapshot is snapshot:
            raise snapshots.fault
        return seen if seen and seen.snapshot is snapshot else Published.of(snapshot)

    return look
