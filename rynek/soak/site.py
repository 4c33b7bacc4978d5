"""A market whose processes are forked from this one, so that ending and restarting one is cheap.

Everything is imported and the servers run before the first fork; a restart then costs milliseconds
instead of a second. Restarted processes live later than the real time (`skew`): leases have run
out, as if the restart had taken a while. The parent keeps to one thread, or forking is not safe.
"""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import stripe
import uvicorn
from psycopg.rows import DictRow, dict_row

from rynek.local import ports
from rynek.local.guardian import die_with_parent
from rynek.local.home import opened
from rynek.local.process import read_state
from rynek.local.servers import running
from rynek.local.stripe.control import Control
from transactional import gaps, installation, workers
from transactional.access import tokens
from transactional.database import Database
from transactional.http.app import create_app
from transactional.http.counter import CounterProtocol
from transactional.installation import Installation
from transactional.migrations import upgrade
from transactional.settings import Settings

FORK = multiprocessing.get_context("fork")
# Workers rest a twentieth of their usual time.
PACE = 0.05
SECONDS_TO_START = 60.0
SECONDS_TO_END = 60.0
POLL_SECONDS = 0.01
STDERR = 2
# Longer than every lease and patience of the market's workers.
DOWNTIME = timedelta(minutes=6)

Arming = Callable[[], None]
"""What a process does to itself after the fork: arm a gap, or put a fault in its code."""


class NotQuietError(AssertionError):
    """The market did not come to rest in time; the message says what is still open."""


def unarmed() -> None:
    """A process as it is."""


def dying_at(gap: str) -> Arming:
    return lambda: gaps.arm(gap)


@dataclass
class Site:
    """The servers of one market, and its two processes: the core and its workers."""

    settings: Settings
    owner_url: str
    core_port: int
    postmaster: int
    control: Control
    log: Path
    """What the market's processes say."""
    skew: timedelta = timedelta()
    kills: int = 0
    _running: dict[str, ForkProcess] = field(default_factory=dict)

    @property
    def core_url(self) -> str:
        return f"http://127.0.0.1:{self.core_port}"

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def stripe(self) -> stripe.StripeClient:
        base: Any = {"api": self.settings.stripe_api_base}
        return stripe.StripeClient(self.settings.stripe_api_key, base_addresses=base)

    @contextmanager
    def sql(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A connection that sees everything."""
        with psycopg.connect(self.owner_url, row_factory=dict_row) as connection:
            yield connection

    def start(
        self, core: Arming = unarmed, work: Arming = unarmed, only: tuple[str, ...] = ()
    ) -> None:
        """Both processes; the workers all, or `only` these."""
        self._fork("core", core, self._serve)
        self.start_workers(work, only)
        self._await_core()

    def start_workers(self, work: Arming = unarmed, only: tuple[str, ...] = ()) -> None:
        self._fork("workers", work, lambda: self._work(only))

    def let_go(self, name: str) -> ForkProcess:
        """The process, which is the caller's from now on."""
        return self._running.pop(name)

    def revive(self) -> bool:
        """Start anew what has died, a while later; whether anything had."""
        dead = [name for name, process in self._running.items() if not process.is_alive()]
        for name in dead:
            exit_code = self._running[name].exitcode
            if exit_code != -signal.SIGKILL:
                raise NotQuietError(f"{name} ended by itself with {exit_code}")
        if dead:
            self.kills += len(dead)
            self.let_leases_run_out()
        return bool(dead)

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        process = self._running[name]
        process.kill()
        process.join(SECONDS_TO_END)

    def kill_postgres(self) -> None:
        """Kill its checkpointer: Postgres throws every connection out and recovers from its log."""
        before = self._checkpointer()
        assert before is not None, "a running Postgres has a checkpointer"
        os.kill(before, signal.SIGKILL)
        self.kills += 1
        until(lambda: self._checkpointer() not in (None, before), SECONDS_TO_START)

    def let_leases_run_out(self) -> None:
        """What a worker had in hand when Postgres died waits for that: a letter five minutes."""
        self.stop()
        self.skew += DOWNTIME
        self.start()

    def stop(self) -> None:
        """End both processes in an orderly way."""
        for process in self._running.values():
            process.terminate()
        for name, process in self._running.items():
            process.join(SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                raise NotQuietError(f"{name} did not stop when asked")
        self._running = {}

    def _fork(self, name: str, arming: Arming, run: Callable[[], None]) -> None:
        def child() -> None:
            with self.log.open("ab") as log:
                os.dup2(log.fileno(), STDERR)
            end_with_parent()
            logging.basicConfig(format=f"%(asctime)s {name} %(message)s")
            arming()
            run()

        process = FORK.Process(target=child, name=name, daemon=True)
        process.start()
        self._running[name] = process

    def _serve(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        app = create_app(self.settings, self.now)
        quiet: dict[str, Any] = {"log_level": "error", "access_log": False}
        uvicorn.run(app, host="127.0.0.1", port=self.core_port, http=CounterProtocol, **quiet)

    def _work(self, only: tuple[str, ...]) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        with Database(self.settings.database_url) as database:
            loops = workers.start_all(self.settings, database, self.now, PACE)
            wanted = [loop for loop in loops if not only or loop.name in only]
            sys.exit(0 if workers.supervise(wanted, stop) else 1)

    def _await_core(self) -> None:
        def answers() -> bool:
            if not self._running["core"].is_alive():
                return True  # it reached its gap while starting
            try:
                with httpx.Client(verify=False, trust_env=False) as client:
                    return client.get(f"{self.core_url}/healthz").is_success
            except httpx.TransportError:
                return False

        until(answers, SECONDS_TO_START)

    def _checkpointer(self) -> int | None:
        """The process id of Postgres' checkpointer; None while it recovers."""
        try:
            with self.sql() as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return None
        for child in psutil.Process(self.postmaster).children():
            with suppress(psutil.Error):  # it has just ended
                if "checkpointer" in " ".join(child.cmdline()):
                    return child.pid
        return None


@contextmanager
def open_site(folder: Path, *, durable: bool = False) -> Iterator[Site]:
    """A new market in `folder`, its servers running for the duration of the block."""
    with ExitStack() as stack:
        # Not the customary one, which another market would take while this core is dead.
        chosen_ports = {ports.variable("core"): str(ports.any_free())}
        servers = stack.enter_context(running(folder, durable=durable, environ=chosen_ports))
        upgrade(servers.database_url)
        control = stack.enter_context(Control(servers.stripe_api_base, servers.stripe_api_key))
        core_port = int(chosen_ports[ports.variable("core")])
        chosen = Settings(
            servers.app_database_url,
            servers.redis_url,
            servers.stripe_api_key,
            servers.stripe_webhook_secret,
            servers.stripe_api_base,
            requests_per_minute=10_000_000,
            mail_folder=folder / "mail",
            operator_email="operator@market.example",
            are_webhooks_local=True,
        )
        postgres = read_state(opened(folder).state("postgres"))
        assert postgres is not None, "it was started above"
        log = opened(folder).log("market")
        site = Site(chosen, servers.database_url, core_port, postgres.pid, control, log)
        with site.sql() as connection:
            installation.ensure(connection, Installation("USD", "Europe/Warsaw"))
            connection.execute("update installation set dispute_window_days = 0")
        stack.callback(site.stop)
        yield site


def end_with_parent() -> None:
    """A fork is nobody's guardian's child: have the kernel end it when the soak itself is ended."""
    if ending := die_with_parent("SIGKILL"):
        ending()


def operator_token(site: Site) -> str:
    with site.sql() as connection:
        return tokens.mint(connection, "operator", None, timedelta(days=30), name="soak")


def until(is_so: Callable[[], bool], within_seconds: float) -> None:
    """Raises NotQuietError past the bound."""
    deadline = time.monotonic() + within_seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise NotQuietError(f"not so within {within_seconds:g} s")
        time.sleep(POLL_SECONDS)
