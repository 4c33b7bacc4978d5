"""The stress: writers write, everything else dies at random, and a reader compares."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random

import msgspec
import psutil
import psycopg
import redis
from psycopg.rows import dict_row

from rynek.local import ports
from rynek.local.home import opened
from rynek.local.process import RESTARTS, read_state
from rynek.local.servers import running
from rynek.soak.live import processes, shop, truth
from rynek.soak.live.processes import WitnessedRelay
from rynek.soak.live.reader import Findings, Reader
from rynek.soak.live.writers import Commits, Writer
from rynek.soak.site import FORK, NotQuietError, until
from transactional.access import tokens
from transactional.migrations import upgrade
from transactional.settings import Settings

WRITERS = 2
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 2.5
SECONDS_TO_RECOVER = 30.0
SECONDS_TO_SETTLE = 90.0
# What is killed, by how often. Redis mostly loses everything without ending.
VICTIMS = {"relay": 8, "loader": 1, "core": 2, "redis": 3, "postgres": 1}
UNPUBLISHED = "select exists (select from outbox where position is null)"
LAST_POSITION = "select last_position from relay"
OPEN_TRANSACTIONS = "select count(*) from pg_prepared_xacts"


class DeviationError(AssertionError):
    """An answer was not what Postgres said."""


@dataclass(frozen=True)
class Ground:
    """The servers of a trial."""

    home: Path
    owner_url: str
    app_url: str
    pipeline_url: str
    redis_url: str

    def kill_postgres(self, process: str = "checkpointer") -> None:
        """Kill a process of it: Postgres throws everybody out and recovers from its log."""
        before = self.pid_of(process)
        truth.record_crash(self.home)
        os.kill(before, signal.SIGKILL)
        until(lambda: self._answers() and self.pid_of(process) != before, SECONDS_TO_RECOVER)

    def kill_redis(self) -> None:
        """End it; its guardian starts another, which knows nothing."""
        state = read_state(opened(self.home).state("redis"))
        assert state is not None, "it was started with the ground"
        os.kill(state.pid, signal.SIGKILL)

    def empty_redis(self) -> None:
        try:
            with redis.Redis.from_url(self.redis_url) as client:
                client.flushall()
        except redis.RedisError:
            return  # killed a moment ago: it is empty

    def ask(self, query: str) -> object:
        with psycopg.connect(self.owner_url) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None, "these queries have exactly one row"
        return row[0]

    def _answers(self) -> bool:
        try:
            self.ask("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def pid_of(self, process: str) -> int:
        """Of one of Postgres' own processes; 0 while there is none."""
        state = read_state(opened(self.home).state("postgres"))
        assert state is not None, "it was started with the ground"
        for child in psutil.Process(state.pid).children():
            with suppress(psutil.NoSuchProcess):
                if process in " ".join(child.cmdline()):
                    return child.pid
        return 0


@contextmanager
def laid_out(home: Path) -> Iterator[Ground]:
    """A small market in an empty folder, its servers running for the length of the block."""
    with running(home, names=("postgres", "redis"), durable=False, environ={}) as addresses:
        upgrade(addresses.database_url)
        with psycopg.connect(addresses.database_url) as connection:
            shop.found(connection)
            truth.prepare(connection)
        yield Ground(
            home,
            addresses.database_url,
            addresses.app_database_url,
            addresses.pipeline_database_url,
            addresses.redis_url,
        )


@dataclass(frozen=True)
class Toll:
    """What a trial came to; lags are from a commit's answer to its place in a view."""

    seconds: float
    seed: int
    views: int
    snapshots: int
    facts: int
    deviations: int
    kills: dict[str, int]
    lag_p50_seconds: float | None
    lag_p99_seconds: float | None


@dataclass
class Trial:
    """The processes of one trial, of which the parent only starts and kills."""

    ground: Ground
    chance: Random
    relay: type[WitnessedRelay] = WitnessedRelay
    kills: Counter[str] = field(default_factory=Counter)
    _running: dict[str, ForkProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.over, self.is_read = FORK.Event(), FORK.Event()
        self.commits: Commits = FORK.SimpleQueue()
        self.reached = FORK.Value("q", 0)
        self.core_port = ports.any_free()
        self.report = self.ground.home / "findings.json"

    def run(self, seconds: float, report: Callable[[str], None]) -> Findings:
        self._fork("first load").join()
        for name in ("core", "relay", "loader", "reader"):
            self._fork(name)
        writers = [self._fork(f"writer{number}") for number in range(WRITERS)]
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            time.sleep(self.chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))
            self._kill_someone()
            self._demand_alive("reader", *(writer.name for writer in writers))
            report(f"{sum(self.kills.values())} kills, position {self.reached.value}")
        self.over.set()
        for writer in writers:
            writer.join(SECONDS_TO_SETTLE)
        self._settle()
        return self._findings()

    def stop(self) -> None:
        for process in self._running.values():
            process.kill()
            process.join()

    def _kill_someone(self) -> None:
        name = self.chance.choices(list(VICTIMS), weights=list(VICTIMS.values()))[0]
        if name == "postgres":
            self.ground.kill_postgres()
        elif name == "redis":
            name = self._rob_redis()
        else:
            self._running[name].kill()
            self._running[name].join()
            self._fork(name)
        self.kills[name] += 1

    def _rob_redis(self) -> str:
        """Its guardian gives it only so many lives in a short time."""
        if self.kills["redis"] < RESTARTS - 1 and self.chance.random() < 0.5:
            self.ground.kill_redis()
            return "redis"
        self.ground.empty_redis()
        return "redis emptied"

    def _settle(self) -> None:
        """Until the reader has shown the last of it, and a load has seen it."""

        def has_settled() -> bool:
            self._demand_alive("reader", "loader", "relay", "core")
            is_numbered = not self.ground.ask(UNPUBLISHED)
            return is_numbered and self.reached.value == self.ground.ask(LAST_POSITION)

        until(has_settled, SECONDS_TO_SETTLE)

    def _findings(self) -> Findings:
        self.is_read.set()
        self._running["reader"].join(SECONDS_TO_SETTLE)
        return msgspec.json.decode(self.report.read_bytes(), type=Findings)

    def _demand_alive(self, *names: str) -> None:
        for name in names:
            if not self._running[name].is_alive() and not self.over.is_set():
                raise NotQuietError(f"{name} ended by itself with {self._running[name].exitcode}")

    def _fork(self, name: str) -> ForkProcess:
        process = FORK.Process(target=self._work_of(name), name=name, daemon=True)
        process.start()
        self._running[name] = process
        return process

    def _work_of(self, name: str) -> Callable[[], None]:
        ground = self.ground
        seed = self.chance.randrange(2**31)
        works: dict[str, Callable[[], None]] = {
            "core": lambda: processes.core(self._settings(), self.core_port),
            "relay": lambda: processes.relay(ground.owner_url, ground.redis_url, self.relay),
            "loader": lambda: processes.loader(ground.home, ground.pipeline_url),
            "first load": lambda: processes.load_once(ground.home, ground.pipeline_url),
            "reader": lambda: self._reader().run(self.is_read, self.report),
        }
        writer = Writer(name, ground.owner_url, Random(seed), self.commits)
        return works.get(name, lambda: _write(writer, self.over))

    def _reader(self) -> Reader:
        with psycopg.connect(self.ground.owner_url, row_factory=dict_row) as connection:
            token = tokens.mint(connection, "service", None, timedelta(days=1), name="soak")
        return Reader(
            self.ground.home,
            self.ground.redis_url,
            f"http://127.0.0.1:{self.core_port}",
            token,
            self.ground.owner_url,
            self.commits,
            self.reached,
        )

    def _settings(self) -> Settings:
        return Settings(self.ground.app_url, self.ground.redis_url, "sk_test_none", "whsec_none")


def _write(writer: Writer, over: Event) -> None:
    writer.run(over)
    writer.finish()


def run(
    home: Path, seconds: float, seed: int, report: Callable[[str], None] = lambda _: None
) -> Toll:
    """Kill and compare for so long. Raises DeviationError, NotQuietError."""
    with ExitStack() as stack:
        trial = Trial(stack.enter_context(laid_out(home)), Random(seed))
        stack.callback(trial.stop)
        findings = trial.run(seconds, report)
    if findings.deviations:
        first = "; ".join(map(str, findings.deviations[:5]))
        raise DeviationError(f"{len(findings.deviations)} deviations, such as {first}")
    return Toll(
        seconds,
        seed,
        findings.views,
        findings.snapshots,
        findings.facts,
        0,
        dict(trial.kills),
        findings.lag(50),
        findings.lag(99),
    )
