"""`rynek bench NAME`: the measured claims."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from rynek.cli.complaints import complaining

if TYPE_CHECKING:
    from rynek.bench.report import Report

app = typer.Typer(help="Measure a claim, beside its peer in the same run.", no_args_is_help=True)
progress = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="End with one JSON line instead of a table.")]
Scale = Annotated[str, typer.Option(help="Size of the generated market: tiny, small or busy.")]
Quick = Annotated[bool, typer.Option("--quick", help="One short round: does it run at all?")]
Part = Annotated[
    Literal["all", "training", "gowalla", "items"],
    typer.Option(help="Only training; item to item on Gowalla; or on 100,000 items."),
]
WarehouseScale = Literal["full", "tenth", "tiny"]
WarehousePhase = Literal["build", "questions", "changes"]
Repetitions = Annotated[int, typer.Option(min=1, max=50, help="Rounds, load and peer in turn.")]


@app.command()
def live(scale: Scale = "small", as_json: AsJson = False) -> None:
    """Order placed → visible in the vendor's live figures, idle and while an import runs."""
    from rynek.bench import live as bench

    with complaining():
        show(bench.measure(scale, data_folder(), progress), as_json)


@app.command()
def load(repetitions: Repetitions = 5, as_json: AsJson = False) -> None:
    """Postgres → DuckDB in rows/s, beside a bare binary COPY of the same tables."""
    from rynek.bench import load as bench

    with complaining():
        show(bench.measure(repetitions, data_folder(), progress), as_json)


@app.command()
def forecast(repetitions: Repetitions = 5, as_json: AsJson = False) -> None:
    """Demand forecasts over rolling origins, beside naive ones and statsforecast's."""
    from rynek.bench import forecast as bench

    with complaining():
        show(bench.measure(data_folder(), repetitions, progress), as_json)


@app.command()
def insights(
    scale: Scale = "small",
    seed: Annotated[
        list[int] | None, typer.Option(help="A market to generate, as often as you like.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Elasticities and lost sales beside the truth of generated markets: do intervals hold?"""
    from rynek.bench import insights as bench

    with complaining():
        show(bench.measure(scale, progress, seed or bench.SEEDS), as_json)


@app.command()
def orders(quick: Quick = False, as_json: AsJson = False) -> None:
    """Orders placed per second over HTTP, beside pgbench sending the same statements."""
    from rynek.bench import orders as bench

    with complaining():
        show(bench.measure(progress, is_quick=quick), as_json)


@app.command("hot-sku")
def hot_sku(quick: Quick = False, as_json: AsJson = False) -> None:
    """Everyone wants the one offer: admitted per second, beside orders spread over thousands."""
    from rynek.bench import hot_sku as bench

    with complaining():
        show(bench.measure(progress, is_quick=quick), as_json)


@app.command()
def confirming(quick: Quick = False, as_json: AsJson = False) -> None:
    """Order placed → confirmed, with a Stripe that takes 300 ms for every answer."""
    from rynek.bench import confirming as bench

    with complaining():
        show(bench.measure(progress, is_quick=quick), as_json)


@app.command()
def plans(quick: Quick = False, as_json: AsJson = False) -> None:
    """How Postgres answers every hot query at 2.5 million offers: no large table is read whole."""
    from rynek.bench import plans as bench

    with complaining():
        show(bench.measure(progress, is_quick=quick), as_json)


@app.command()
def models(part: Part = "all", quick: Quick = False, as_json: AsJson = False) -> None:
    """iALS at 500,000 × 2.5 million beside implicit; item to item beside dense EASE."""
    from rynek.bench import models as bench

    with complaining():
        show(bench.measure(data_folder(), progress, part, is_quick=quick), as_json)


@app.command()
def answers(quick: Quick = False, as_json: AsJson = False) -> None:
    """How long a ranked list takes over 100,000 products, beside iALS alone."""
    from rynek.bench import answers as bench

    with complaining():
        show(bench.measure(progress, is_quick=quick), as_json)


@app.command()
def warehouse(
    scale: Annotated[WarehouseScale, typer.Option(help="Of 12 million lines.")] = "full",
    only: Annotated[
        WarehousePhase | None, typer.Option(help="This phase; what it needs is not measured.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every mart at 12 million order lines and 50 million events; dashboards beside Postgres."""
    from rynek.bench import warehouse as bench

    with complaining():
        show(bench.measure(progress, scale, {only} if only else set(bench.PHASES)), as_json)


def show(report: "Report", as_json: bool) -> None:
    if as_json:
        typer.echo(report.as_json())
    else:
        Console().print(report.as_table())


def data_folder() -> Path | None:
    """RYNEK_DATA, or `../shared/data`: the public data sets, if they are here."""
    folder = Path(os.environ.get("RYNEK_DATA") or "../shared/data")
    return folder.absolute() if folder.is_dir() else None
