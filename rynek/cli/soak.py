"""`rynek soak NAME`: harnesses that look for faults in money and stock, for as long as asked."""

import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Any

import typer
from rich.console import Console

from rynek.bench.report import machine
from rynek.cli.complaints import complaining

app = typer.Typer(
    help="Look for faults in money and stock: kill, reorder, repeat, and demand that all adds up.",
    no_args_is_help=True,
)
# Plain lines, never a live bar: crash tests fork, and a thread would not survive that.
progress = Console(stderr=True)
RESULTS = Path("tests/benchmarks/results/soak.json")
LARGEST_SEED = 2**31

Kills = Annotated[int, typer.Option(min=1, max=100_000, help="How many processes are killed.")]
Seconds = Annotated[float, typer.Option(min=0, help="For how long; at least one round.")]
Seed = Annotated[int | None, typer.Option(help="Repeat the run that printed it.")]
AsJson = Annotated[bool, typer.Option("--json", help="End with one JSON line instead of words.")]
Record = Annotated[bool, typer.Option("--record", help=f"Write the outcome to {RESULTS}.")]
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Effort:
    """How long each harness looks, and from which seed."""

    kills: int
    seconds: float
    seed: int


@app.command()
def crashes(
    kills: Kills = 1_000, seed: Seed = None, as_json: AsJson = False, record: Record = False
) -> None:
    """Kill the core, the workers and Postgres at any moment; each time the market must recover."""
    look(["crashes"], Effort(kills, 0, drawn(seed)), as_json, record)


@app.command()
def zombies(
    seconds: Seconds = 60, seed: Seed = None, as_json: AsJson = False, record: Record = False
) -> None:
    """Let workers sleep through their leases and wake: each effect must happen once."""
    look(["zombies"], Effort(0, seconds, drawn(seed)), as_json, record)


@app.command()
def model(
    seconds: Seconds = 300, seed: Seed = None, as_json: AsJson = False, record: Record = False
) -> None:
    """Do anything in any order, and hold every cent and unit to a plain model."""
    look(["model"], Effort(0, seconds, drawn(seed)), as_json, record)


@app.command()
def webhooks(
    seconds: Seconds = 120, seed: Seed = None, as_json: AsJson = False, record: Record = False
) -> None:
    """Tell stories of orders with Stripe's events late, twice, in any order, or not at all."""
    look(["webhooks"], Effort(0, seconds, drawn(seed)), as_json, record)


@app.command()
def oversell(
    seconds: Seconds = 60, seed: Seed = None, as_json: AsJson = False, record: Record = False
) -> None:
    """Let 200 shoppers in 4 processes race for the last units: none may be promised twice."""
    look(["oversell"], Effort(0, seconds, drawn(seed)), as_json, record)


@app.command("all")
def everything(
    kills: Kills = 1_000,
    seconds: Seconds = 300,
    seed: Seed = None,
    as_json: AsJson = False,
    record: Record = False,
) -> None:
    """Every harness in turn, each of those without kills for so many seconds."""
    look(list(HARNESSES), Effort(kills, seconds, drawn(seed)), as_json, record)


def look(names: list[str], effort: Effort, as_json: bool, record: bool) -> None:
    """Run these harnesses; the first that finds a fault ends it with status 1, named."""
    outcomes: dict[str, Outcome] = {}
    # What the core warns of is what these harnesses do to it.
    logging.getLogger().addHandler(logging.NullHandler())
    with complaining():
        for name in names:
            progress.print(f"{name}: seed {effort.seed}")
            started = time.monotonic()
            try:
                found = HARNESSES[name](effort)
            except (AssertionError, ExceptionGroup) as fault:
                progress.print(f"[red]{name} found a fault[/] with seed {effort.seed}:")
                progress.print_exception(max_frames=8)
                raise typer.Exit(1) from fault
            seconds = round(time.monotonic() - started, 1)
            outcomes[name] = found | {"seconds": seconds, "machine": machine()}
            progress.print(f"{name}: found nothing in {seconds:g} s")
    if record:
        remember(outcomes)
    typer.echo(json.dumps(outcomes) if as_json else told(outcomes))


def look_at_crashes(effort: Effort) -> Outcome:
    from rynek.soak import crashes as harness

    def report(kills: int) -> None:
        progress.print(f"crashes: {kills} kills")

    with workplace() as folder:
        return asdict(harness.kill_at_random(folder, effort.kills, effort.seed, report))


def look_at_zombies(effort: Effort) -> Outcome:
    from rynek.soak import zombies as harness
    from rynek.soak.lives import found
    from rynek.soak.quiet import come_to_rest
    from rynek.soak.site import open_site

    count = 0
    with workplace() as folder, open_site(folder) as site:
        site.start()
        town = found(site)
        come_to_rest(site)
        site.stop()
        for _ in rounds(effort.seconds):
            for sleep in harness.SLEEPS:
                harness.haunt(site, town, sleep)
                count += 1
            progress.print(f"zombies: {count} woke")
    return {"zombies": count, "seed": effort.seed}


def look_at_model(effort: Effort) -> Outcome:
    from rynek.soak import campaign
    from rynek.soak.grounds import Grounds
    from rynek.soak.site import open_site
    from transactional.database import Database

    def report(markets: int) -> None:
        progress.print(f"model: {markets} markets")

    with (
        workplace() as folder,
        open_site(folder) as site,
        Database(site.settings.database_url) as database,
    ):
        grounds = Grounds(site.owner_url, site.settings, database, site.control)
        return asdict(
            campaign.run_for(grounds, seed=effort.seed, seconds=effort.seconds, report=report)
        )


def look_at_webhooks(effort: Effort) -> Outcome:
    from rynek.soak import stage
    from rynek.soak import webhooks as harness

    with workplace() as folder, stage.opened(folder) as opened:
        return asdict(harness.run(opened, seed=effort.seed, seconds=effort.seconds))


def look_at_oversell(effort: Effort) -> Outcome:
    from rynek.soak import oversell as harness
    from rynek.soak import racetrack
    from rynek.soak.site import open_site

    races = promised = 0
    with workplace() as folder, open_site(folder, durable=True) as site:
        for _ in rounds(effort.seconds):
            race = racetrack.laid_out(site, effort.seed + races)
            finish = harness.run(race)
            if faults := harness.faults(site.owner_url, race, finish):
                raise AssertionError("; ".join(faults))
            races, promised = races + 1, promised + len(finish.promised)
            progress.print(f"oversell: {races} races")
    return {"races": races, "promised": promised, "seed": effort.seed}


HARNESSES: dict[str, Callable[[Effort], Outcome]] = {
    "crashes": look_at_crashes,
    "zombies": look_at_zombies,
    "model": look_at_model,
    "webhooks": look_at_webhooks,
    "oversell": look_at_oversell,
}


def rounds(seconds: float) -> Iterator[None]:
    """At least one, and more until the time is over."""
    ends_at = time.monotonic() + seconds
    yield
    while time.monotonic() < ends_at:
        yield


def drawn(seed: int | None) -> int:
    return SystemRandom().randrange(LARGEST_SEED) if seed is None else seed


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for servers, short and passable for the account that they drop to.

    Where a fault was found it is kept, with the servers' data and everyone's logs.
    """
    folder = Path(tempfile.mkdtemp(prefix="rynek-soak-"))
    folder.chmod(0o711)
    try:
        yield folder / "home"
    except (AssertionError, ExceptionGroup):
        progress.print(f"kept for a look: {folder}")
        raise
    shutil.rmtree(folder)


def remember(outcomes: dict[str, Outcome]) -> None:
    """The newest outcome of each harness."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(known | outcomes, indent=2, sort_keys=True) + "\n")


def told(outcomes: dict[str, Outcome]) -> str:
    lines = (
        f"{name}: " + ", ".join(f"{value} {what}" for what, value in found.items())
        for name, found in outcomes.items()
    )
    return "\n".join(lines)
