"""`rynek soak live`: that live figures equal Postgres at every batch's end, whatever dies."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rynek.bench.report import machine
from rynek.cli.complaints import complaining

# Plain lines, never a live bar: the trial forks, and a thread would not survive that.
progress = Console(stderr=True)
RESULTS = Path("tests/benchmarks/results/live_exact.json")
SECONDS_BETWEEN_LINES = 10.0


def live(
    seconds: Annotated[float, typer.Option(min=1, help="For how long things are killed.")] = 180,
    seed: Annotated[
        int | None, typer.Option(help="Repeat the kills of the run that drew it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON line.")] = False,
    record: Annotated[bool, typer.Option("--record", help=f"Write {RESULTS}.")] = False,
) -> None:
    """Kill relay, loader, core, Redis and Postgres; each view must equal Postgres to the cent."""
    from rynek.cli.soak import drawn, workplace
    from rynek.soak.live import trial
    from rynek.soak.live.trial import DeviationError
    from rynek.soak.site import NotQuietError

    chosen, told_at = drawn(seed), [0.0]

    def report(line: str) -> None:
        if time.monotonic() - told_at[0] > SECONDS_BETWEEN_LINES:
            told_at[0] = time.monotonic()
            progress.print(f"live: {line}")

    progress.print(f"live: seed {chosen}")
    with complaining(), workplace() as folder:
        try:
            toll = trial.run(folder, seconds, chosen, report)
        except (DeviationError, NotQuietError) as fault:
            progress.print(f"live found a fault with seed {chosen}: {fault}", markup=False)
            raise typer.Exit(1) from fault
    outcome = asdict(toll) | {"machine": machine()}
    if record:
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(outcome, indent=2, sort_keys=True) + "\n")
    typer.echo(json.dumps(outcome) if as_json else told(toll))


def told(toll: object) -> str:
    return "\n".join(f"{name}: {value}" for name, value in vars(toll).items())
