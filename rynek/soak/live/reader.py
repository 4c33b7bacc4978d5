"""Serving's view of the live figures, held to Postgres each time that it shows another one."""

import logging
import signal
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

import msgspec
import polars as pl
import psycopg

from rynek.bench.report import percentile
from rynek.soak.live import truth
from rynek.soak.live.shop import VENDORS, Connection
from rynek.soak.live.truth import Totals
from rynek.soak.live.writers import Commits
from serving import figures
from serving.fact_sources import CoreFacts, RedisFacts
from serving.follower import Follower, View
from serving.published import Published, looking_at
from serving.spans import Span
from serving.watcher import Watcher
from warehouse.errors import WarehouseError
from warehouse.snapshot import Snapshots

RECONNECT_SECONDS = 0.05
# How often serving itself is started anew, in views.
VIEWS_OF_A_LIFE = 400
SHOWN = "select distinct xid::text::bigint from outbox where position > %s and position <= %s"


@dataclass(frozen=True)
class Deviation:
    """A view that was not what Postgres said."""

    position: int
    snapshot_id: str
    vendor_id: int
    shown: tuple[int, int, int] | None
    true: tuple[int, int, int] | None


@dataclass
class Findings:
    """What the reader saw; lags are seconds from a commit's answer to its place in a view."""

    views: int = 0
    snapshots: int = 0
    facts: int = 0
    lags: list[float] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)

    def lag(self, percent: int) -> float | None:
        """None where too little was committed to tell."""
        return percentile(self.lags, percent) if len(self.lags) > 1 else None


@dataclass
class Reader:
    """Follows the facts as serving does, and asks Postgres about each view."""

    home: Path
    redis_url: str
    core_url: str
    core_token: str
    owner_url: str
    commits: Commits
    reached: "Synchronized[int]"
    """The position of the newest view that was held to Postgres."""
    findings: Findings = field(default_factory=Findings)
    _awaited: dict[int, float] = field(default_factory=dict)
    _seen_position: int = 0
    _snapshot_id: str = ""

    def run(self, over: Event, report: Path) -> None:
        """Until it is over; the findings are left in the file `report`."""
        logging.disable(logging.WARNING)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while not over.is_set():
            self.live(over, VIEWS_OF_A_LIFE)
        report.write_bytes(msgspec.json.encode(asdict(self.findings)))

    def live(self, over: Event, views: int) -> None:
        """One life of serving: from its start on the newest snapshot through so many views."""
        watcher, follower = self._serving()
        last: View | None = None
        until = self.findings.views + views
        while not over.is_set() and self.findings.views < until:
            watcher.look()
            follower.run_once()
            if watcher.value is None:
                continue
            view, shown_at = follower.view, time.monotonic()
            if last is None or is_another(view, last):
                self._hold_to_postgres(view, shown_at)
                last = view
        follower.stop()

    def _serving(self) -> tuple[Watcher[Published], Follower]:
        look = looking_at(Snapshots(self.home / "published"))
        watcher = Watcher("published", look, (WarehouseError,), every_seconds=1.0)
        facts = RedisFacts(self.redis_url), CoreFacts(self.core_url, self.core_token)
        return watcher, Follower(watcher, *facts, on_token_revoked=lambda _: None)

    def _hold_to_postgres(self, view: View, shown_at: float) -> None:
        snapshot = view.published.snapshot.manifest
        while True:
            try:
                with psycopg.connect(self.owner_url) as connection:
                    load = snapshot.postgres.snapshot
                    true = truth.expected(connection, self.home, view.position, load)
                    self._time(connection, view.position, shown_at)
                break
            except psycopg.OperationalError:
                time.sleep(RECONNECT_SECONDS)  # Postgres was killed, and comes back
        shown = totals_of(view)
        self.findings.views += 1
        self.findings.snapshots += snapshot.snapshot_id != self._snapshot_id
        self._snapshot_id = snapshot.snapshot_id
        self.reached.value = view.position
        self.findings.deviations += [
            Deviation(view.position, snapshot.snapshot_id, vendor_id, shown.get(vendor_id),
                      true.get(vendor_id))
            for vendor_id in sorted(shown.keys() | true.keys())
            if shown.get(vendor_id) != true.get(vendor_id)
        ]  # fmt: skip

    def _time(self, connection: Connection, position: int, shown_at: float) -> None:
        while not self.commits.empty():
            xid, committed_at = self.commits.get()
            self._awaited[xid] = committed_at
        if position <= self._seen_position:
            return
        for (xid,) in connection.execute(SHOWN, (self._seen_position, position)).fetchall():
            if committed_at := self._awaited.pop(xid, 0.0):
                self.findings.lags.append(max(0.0, shown_at - committed_at))
        self.findings.facts += position - self._seen_position
        self._seen_position = position


def is_another(view: View, last: View) -> bool:
    return view.position != last.position or view.published is not last.published


def totals_of(view: View) -> Totals:
    """Orders, cents and customers by vendor, as serving works them out for its pages."""
    today = datetime.now(UTC).date()
    span = Span(today - timedelta(days=2), today + timedelta(days=2))
    published = view.published
    found: Totals = {}
    for vendor_id in range(1, VENDORS + 1):
        live = view.overlay.for_vendor(vendor_id)
        rows = figures.vendor_orders(published.snapshot, vendor_id, span, live, published.zone)
        counted = rows.filter(pl.col("is_counted"))
        if counted.height:
            sums = counted["items_cents"].sum(), counted["shopper_pseudonym"].n_unique()
            found[vendor_id] = (counted.height, int(sums[0]), sums[1])
    return found
