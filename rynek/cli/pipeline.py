"""`rynek pipeline run`: from the core's tables to a published snapshot and a live recommender."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from rynek.cli.complaints import complain, complaining

if TYPE_CHECKING:
    from pipelines.run import RunSummary

app = typer.Typer(help="Load, build, check, publish, train.", no_args_is_help=True)

console = Console()


@app.callback()
def pipeline() -> None:
    """Keep `run` a command by name, also while it is the only one."""


@app.command()
def run(
    full: Annotated[bool, typer.Option("--full", help="Read every row, not only changes.")] = False,
    train: Annotated[bool, typer.Option(help="Train and gate a recommender too.")] = True,
) -> None:
    """Run the whole pipeline here and now; exit 1 naming what failed."""
    from pipelines.run import materialize_all
    from rynek.local.home import from_environment
    from rynek.local.servers import running
    from transactional.migrations import upgrade

    home = from_environment()
    with (
        complaining(),
        running(home, names=("postgres",)) as addresses,
        shown(console) as observer,
    ):
        upgrade(addresses.database_url)
        summary = materialize_all(
            home, addresses.pipeline_database_url, full=full, train=train, observer=observer
        )
    console.print(summarized(summary))
    for failure in summary.failures:
        complain("pipeline_failed", failure)
    if not summary.is_success:
        raise typer.Exit(1)


@contextmanager
def shown(console: Console) -> Iterator[Callable[[str, str], None]]:
    """Yield what prints each step as it is done, under the seconds since the start."""
    started = time.perf_counter()

    def saw(what: str, how_much: str) -> None:
        style = "red" if how_much == "failed" else "green"
        seconds = time.perf_counter() - started
        console.print(
            f"[dim]{seconds:6.1f} s[/]  {what:<32}  [{style}]{how_much}[/]",
            highlight=False,
            soft_wrap=True,
        )

    with console.status("the pipeline runs"):
        yield saw


def summarized(summary: "RunSummary") -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_row("rows loaded", _counted(summary.rows_loaded))
    table.add_row("seconds", f"{summary.seconds:.1f}")
    table.add_row("snapshot", summary.snapshot_id or "none new; the last good one stays served")
    table.add_row("gate", summary.verdict or "no training")
    table.add_row("model", summary.model_version or "unchanged")
    return table


def _counted(rows: int | None) -> str:
    return "the load did not get that far" if rows is None else f"{rows:,}"
