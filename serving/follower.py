"""The rim of the live tail: a thread that follows the facts and keeps a consistent view."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import httpx
import msgspec
import redis

from serving import assortment
from serving.assortment import Assortment
from serving.errors import FactsUnusable, SnapshotUnavailable, VendorUnknown
from serving.fact_sources import CoreFacts, Heartbeat, RedisFacts
from serving.facts import Fact
from serving.live_tail import Tail
from serving.overlay import Overlay
from serving.published import Published
from serving.watcher import Watcher

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.25  # for the next fact; also how soon a new snapshot is noticed
CHECK_SECONDS = 0.5  # how often the last published position is learned
RETRY_SECONDS = 0.5  # after a source failed
STOP_SECONDS = 5.0
CORE_PAGES_AT_ONCE = 100  # then look at the stream and the snapshot again

SOURCE_FAULTS = (redis.RedisError, httpx.HTTPError, msgspec.MsgspecError, FactsUnusable)


@dataclass(frozen=True)
class View:
    """What one request answers from: a snapshot, the overlay on it, and how far both reach."""

    published: Published
    overlay: Overlay
    assortment: Assortment
    position: int
    live_through: datetime | None

    @property
    def data_through(self) -> datetime:
        """The moment up to which nothing is missing."""
        snapshot_through = self.published.snapshot.manifest.data_through
        return max(snapshot_through, self.live_through or snapshot_through)

    @property
    def local_now(self) -> datetime:
        """The same moment in the market's time zone."""
        return self.data_through.astimezone(self.published.zone)

    @property
    def today(self) -> date:
        return self.local_now.date()

    def vendor_name(self, vendor_id: int) -> str:
        """What the vendor is called now. Raises VendorUnknown for one that no load has seen."""
        published = self.published.vendor_names.get(vendor_id)
        if published is None:
            raise VendorUnknown
        live = self.overlay.vendors.get(vendor_id)
        return live.state.name if live else published


class Follower:
    """Keeps ``view`` at the newest snapshot with every published fact since laid over it."""

    _tail: Tail  # from the first snapshot on

    def __init__(
        self,
        published: Watcher[Published],
        stream: RedisFacts,
        core: CoreFacts,
        on_token_revoked: Callable[[str], None],
    ) -> None:
        self.faults: dict[str, str] = {}
        self._published = published
        self._stream = stream
        self._core = core
        self._on_token_revoked = on_token_revoked
        self._view: View | None = None
        self._read_position = 0
        self._checked_at = float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fact follower", daemon=True)

    @property
    def view(self) -> View:
        """The newest consistent view. Raises SnapshotUnavailable before the first publication."""
        if self._view is None:
            raise SnapshotUnavailable(str(self._published.fault or ""))
        return self._view

    @property
    def has_stopped(self) -> bool:
        """Whether an unforeseen error ended the thread: the view then stands still, and says so."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._stream.close()
        self._core.close()

    def run_once(self) -> int:
        """Takes in what is there: a new snapshot, the next facts, a gap. Returns facts shown."""
        published = self._published.value
        if published is None:
            self._stopping.wait(WAIT_SECONDS)
            return 0
        tail = self._tail = self._on(published)
        self._try("redis", self._read_stream)
        if time.monotonic() - self._checked_at >= CHECK_SECONDS:
            self._checked_at = time.monotonic()
            self._try("core", self._catch_up)
        return self._tail.applied_position - tail.applied_position

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.run_once()

    def _on(self, published: Published) -> Tail:
        """The tail on this snapshot, shown together with it in one step."""
        if self._view is None:
            tail = Tail.start(published.base)
        elif self._view.published is published:
            return self._tail
        else:
            tail = self._tail.rebase(published.base)
        self._read_position = tail.reached_position
        self._show(published, tail)
        return tail

    def _read_stream(self) -> None:
        facts = self._stream.read(self._read_position, WAIT_SECONDS)
        if facts:
            self._read_position = facts[-1].position
            self._take(facts)

    def _catch_up(self) -> None:
        """Learns how far facts are published; reads from the core what the stream did not bring."""
        beat = self._heartbeat()
        for _ in range(CORE_PAGES_AT_ONCE):
            if beat and self._has_all_until(beat.position):
                return self._complete(beat.at)
            reached = self._tail.reached_position
            facts, beat = self._core.read(reached)
            self._take(facts)
            if self._tail.reached_position == reached < beat.position:
                raise FactsUnusable(f"Nothing follows position {reached} of {beat.position}.")
        return None

    def _heartbeat(self) -> Heartbeat | None:
        try:
            beat = self._stream.heartbeat()
        except redis.RedisError:
            return None  # told where the stream is read; the core knows how far it is, too
        return beat if beat and beat.identity == self._tail.base.identity else None

    def _has_all_until(self, position: int) -> bool:
        return self._tail.applied_position >= position and not self._tail.has_gap

    def _take(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if fact.type == "token.revoked":
                self._on_token_revoked(fact.key)
        before = self._tail
        self._tail = before.take(facts)
        if self._tail.applied_position > before.applied_position:
            self._show(self.view.published, self._tail)

    def _complete(self, at: datetime | None) -> None:
        before = self.view.live_through
        if at and (before is None or at > before):
            self._view = replace(self.view, live_through=at)

    def _show(self, published: Published, tail: Tail) -> None:
        self._view = View(
            published,
            tail.overlay,
            self._assortment(published, tail.overlay),
            tail.applied_position,
            self._still_through(tail),
        )

    def _still_through(self, tail: Tail) -> datetime | None:
        """How far the figures reached before, unless the tail had to begin again."""
        before = self._view
        return before.live_through if before and before.position <= tail.applied_position else None

    def _assortment(self, published: Published, overlay: Overlay) -> Assortment:
        before = self._view
        if before and before.published is published and overlay.same_shelves(before.overlay):
            return before.assortment
        return published.assortment.with_changes(assortment.changes(published.snapshot, overlay))

    def _try(self, source: str, step: Callable[[], None]) -> None:
        """Runs a step on an outside source; its failure is told by ``faults`` and tried again."""
        try:
            step()
            self.faults.pop(source, None)
        except SOURCE_FAULTS as fault:
            message = f"{type(fault).__name__}: {fault}"
            if self.faults.get(source) != message:
                log.warning("live figures: %s: %s", source, message)
            self.faults[source] = message
            self._stopping.wait(RETRY_SECONDS)
