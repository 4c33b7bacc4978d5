"""Live figures against Postgres, under kills; and the ways of getting them wrong, which are caught.

A control is a story in which one rule of DESIGN §2 is broken: it must end in a deviation, and the
same story with the rule kept must not.
"""

import json
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random

import psycopg
import pytest
import redis

from rynek.local.process import CODE, python
from rynek.soak.live import shop, trial, truth
from rynek.soak.live.processes import WitnessedRelay, load_once
from rynek.soak.live.reader import Deviation, Findings, Reader
from rynek.soak.live.shop import Connection
from rynek.soak.live.trial import DeviationError, Ground, Trial
from transactional import workers
from transactional.database import statement
from transactional.facts.relay import RedisSink, Relay
from warehouse.moment import PgSnapshot
from warehouse.source import Source

pytestmark = pytest.mark.slow

QUICK_SECONDS = 12
# More than one order's worth of ids, so that those handed out again lie below the load's.
BURST = 300
LOG_WRITER = "walwriter"


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory, rynek_home: Path) -> Iterator[Ground]:
    folder = rynek_home / f"live{rynek_home.stat().st_mtime_ns}"
    with trial.laid_out(folder) as ground:
        yield ground


def test_every_view_equals_postgres_while_everything_dies() -> None:
    done = subprocess.run(
        python("rynek", "soak", "live", "--seconds", str(QUICK_SECONDS), "--json"),
        cwd=CODE,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    toll = json.loads(done.stdout)
    assert toll["deviations"] == 0
    assert toll["views"] > 0
    assert sum(toll["kills"].values()) > 0


class Scene:
    """The same parts as in the stress, moved by hand."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.chance = Random(1)
        reached: Synchronized[int] = multiprocessing.Value("q", 0)
        self.reader = Reader(
            ground.home,
            ground.redis_url,
            "http://127.0.0.1:1",
            "none",
            ground.owner_url,
            multiprocessing.SimpleQueue(),
            reached,
        )

    def connect(self) -> Connection:
        return psycopg.connect(self.ground.owner_url)

    def sell(self) -> None:
        with self.connect() as connection:
            while not self.sold(connection):
                pass

    def sold(self, connection: Connection) -> bool:
        before = connection.execute("select count(*) from vendor_orders where status = 'paid'")
        shop.place(connection, self.chance, datetime.now(UTC))
        after = connection.execute("select count(*) from vendor_orders where status = 'paid'")
        return before.fetchone() != after.fetchone()

    def relay(self, kind: type[Relay] = WitnessedRelay) -> None:
        client = redis.Redis.from_url(self.ground.redis_url)
        with client, kind(self.ground.owner_url, RedisSink(client)) as relay:
            relay.run_once(workers.now)

    def load(self) -> None:
        load_once(self.ground.home, self.ground.pipeline_url)

    def deviations(self) -> int:
        """Look once at what serving shows now, and compare."""
        self.reader.live(multiprocessing.Event(), views=1)
        return len(self.reader.findings.deviations)


@pytest.fixture
def scene(ground: Ground) -> Scene:
    return Scene(ground)


@pytest.mark.parametrize("has_barrier", [True, False])
def test_without_the_barrier_a_crash_makes_new_facts_look_loaded(
    scene: Scene, has_barrier: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sell()
    scene.relay()
    os.kill(scene.ground.pid_of(LOG_WRITER), signal.SIGSTOP)  # then only commits flush the log
    with psycopg.connect(scene.ground.owner_url, options="-c synchronous_commit=off") as connection:
        for _ in range(BURST):
            connection.execute("select pg_current_xact_id()")
            connection.rollback()
    if not has_barrier:
        monkeypatch.setattr(Source, "flush_barrier", lambda self: None)
    crash = partial(scene.ground.kill_postgres, LOG_WRITER)
    load_once(scene.ground.home, scene.ground.pipeline_url, crash)
    for _ in range(3):
        scene.sell()
    scene.relay()
    assert (scene.deviations() > 0) == (not has_barrier)


# What the view and Postgres may differ by at least: an order, a cent, a customer, a whole vendor.
SMALLEST = ([1, 0, 0], [0, 1, 0], [0, 0, 1], None)


@pytest.mark.parametrize("by", SMALLEST, ids=["order", "cent", "customer", "vendor"])
def test_the_smallest_difference_from_postgres_is_found(scene: Scene, by: list[int] | None) -> None:
    scene.load()
    for _ in range(3):
        scene.sell()
    scene.relay()
    with scene.connect() as connection:
        last = "select position, totals from soak.batches order by position desc limit 1"
        [(position, totals)] = connection.execute(last).fetchall()
        true = json.loads(totals)
        if by is None:
            true["1000"] = [1, 1, 1]
        else:
            vendor_id = min(true)
            true[vendor_id] = [here + more for here, more in zip(true[vendor_id], by, strict=True)]
        connection.execute(
            "update soak.batches set totals = %s where position = %s", (json.dumps(true), position)
        )
    assert scene.deviations() == 1


def test_a_trial_with_one_deviation_fails(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Findings(views=9, deviations=[Deviation(7, "snapshot", 1, (1, 999, 1), (1, 1_000, 1))])
    monkeypatch.setattr(trial, "laid_out", lambda _: nullcontext(ground))
    monkeypatch.setattr(Trial, "run", lambda *_: found)
    with pytest.raises(DeviationError, match="1 deviations, such as"):
        trial.run(ground.home, seconds=1, seed=1)


class WaitingRelay(WitnessedRelay):
    """Publishes only what lies below every open transaction."""

    numbering = statement("number_facts").replace(
        b"where position is null",
        b"where position is null and xid < pg_snapshot_xmin(pg_current_snapshot())",
    )


@pytest.mark.parametrize("kind", [WitnessedRelay, WaitingRelay])
def test_publishing_below_xmin_leaves_out_what_is_committed(
    scene: Scene, kind: type[WitnessedRelay]
) -> None:
    scene.load()
    scene.sell()
    with scene.connect() as open_one:
        open_one.execute("select pg_current_xact_id()")
        scene.sell()
        scene.relay(kind)
        assert (scene.deviations() > 0) == (kind is WaitingRelay)


class PublishingRelay(Relay):
    """Publishes what was numbered before."""

    def _number(self) -> None:
        pass


def below_xmin(snapshot: PgSnapshot, xid: int) -> bool:
    return xid < snapshot.xmin


def below_xmax(snapshot: PgSnapshot, xid: int) -> bool:
    return xid < snapshot.xmax


@pytest.mark.parametrize("sees", [PgSnapshot.sees, below_xmin])
def test_taking_xmin_for_visibility_shows_an_order_as_it_was(
    scene: Scene, sees: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a relay is slow to commit what it saw, the order moves on, and a load sees it."""
    monkeypatch.setattr(PgSnapshot, "sees", sees)
    with scene.connect() as open_one, scene.connect() as slow_relay:
        open_one.execute("select pg_current_xact_id()")
        scene.sell()
        slow_relay.execute("set transaction isolation level repeatable read")
        slow_relay.execute(statement("number_facts"))
        slow_relay.execute(truth.RECORD_BATCH)
        with scene.connect() as connection:
            cancel_everything(connection)
        monkeypatch.undo()
        scene.load()
        monkeypatch.setattr(PgSnapshot, "sees", sees)
        slow_relay.commit()
        scene.relay(PublishingRelay)
        found = scene.deviations()
    assert (found > 0) == (sees is below_xmin)


def cancel_everything(connection: Connection) -> None:
    now = datetime.now(UTC)
    paid = "select order_id from vendor_orders where status = 'paid' group by order_id"
    for (order_id,) in connection.execute(paid).fetchall():
        shop.move(connection, order_id, "paid", "cancelled", now)


@pytest.mark.parametrize("sees", [PgSnapshot.sees, below_xmax])
def test_taking_xmax_for_visibility_loses_what_was_open_at_the_load(
    scene: Scene, sees: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene.connect() as late:
        while not scene.sold(late):
            pass
        scene.sell()
        scene.load()
        late.commit()
    monkeypatch.setattr(PgSnapshot, "sees", sees)
    scene.relay()
    assert (scene.deviations() > 0) == (sees is below_xmax)
