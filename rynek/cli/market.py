"""`rynek generate`: a market of any size, with known truth."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from rynek.cli.complaints import complaining, complaints
from rynek.cli.history import database

console = Console()


def generate(
    scale: Annotated[str, typer.Option(help="Size of the market: tiny, small or busy.")] = "small",
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.", min=0)] = 7,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day after the last one; default: today."),
    ] = None,
) -> None:
    """Generate a market: vendors, offers, shoppers, a history of behaviour and orders."""
    from rynek.local.home import from_environment
    from rynek.market import generate as generate_market

    with complaining(), database() as database_url:
        day = until.date() if until else None
        report = generate_market(scale, seed, database_url, from_environment(), day, complaints)
    console.print(report)
