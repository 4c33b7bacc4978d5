"""`rynek import olist|online-retail|complete-journey DIR`: the past of real markets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rynek.cli.complaints import complain, complaining, complaints

app = typer.Typer(help="Bring a public data set into the market's tables, ledger and all.")

Directory = Annotated[Path, typer.Argument(help="The folder with the set's Parquet files.")]

console = Console()


@app.command()
def olist(directory: Directory) -> None:
    """Olist: a Brazilian marketplace, 98,666 orders of 3,095 sellers, in BRL."""
    _import("olist", directory)


@app.command()
def online_retail(directory: Directory) -> None:
    """UCI Online Retail: one British gift wholesaler, 541,909 lines, in GBP."""
    _import("online-retail", directory)


@app.command()
def complete_journey(directory: Directory) -> None:
    """Complete Journey: a year of 2,469 households' groceries, 1,469,307 lines, in USD."""
    _import("complete-journey", directory)


def _import(name: str, directory: Path) -> None:
    from rynek.history import import_dataset

    with complaining(), database() as database_url:
        report = import_dataset(name, directory, database_url, complaints)
    console.print(report)
    if not report.is_exact:
        complain("totals_mismatch", "a known total did not come out; nothing was kept.")
        raise typer.Exit(1)


@contextmanager
def database() -> Iterator[str]:
    """The address of the installation's migrated database, started where it does not run."""
    from rynek.local.home import from_environment
    from rynek.local.servers import running
    from transactional.migrations import upgrade

    with running(from_environment(), names=("postgres",)) as addresses:
        upgrade(addresses.database_url)
        yield addresses.database_url
