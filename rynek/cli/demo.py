"""`rynek demo`: the whole market on this machine, and `--check`, its proof."""

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rynek.cli.complaints import complain, complaining

if TYPE_CHECKING:
    from rynek.demo import Doors

console = Console()

Check = Annotated[
    bool, typer.Option("--check", help="Prove the path in a throw-away market, and exit.")
]
Scale = Annotated[str, typer.Option(help="Size of the generated market: tiny, small or busy.")]


def demo(check: Check = False, scale: Scale = "small") -> None:
    """Open a sample market: servers, a year of orders, pipelines, pages, Dagster UI."""
    started = time.monotonic()
    if check:
        prove(scale)
    else:
        stay_open(scale, started)


def prove(scale: str) -> None:
    from rynek import demo as market
    from rynek.customer import MarketRefusedError
    from rynek.proof import ProofFailedError
    from rynek.verification import UnsoundError

    failures = (ProofFailedError, MarketRefusedError, TimeoutError, UnsoundError)
    with complaining():
        try:
            market.check(scale, console)
        except failures as failure:
            complain("demo_failed", str(failure))
            raise typer.Exit(1) from failure
    console.print("[green]The market holds.[/green]")


def stay_open(scale: str, started: float) -> None:
    from rynek import demo as market
    from rynek.local.foreground import ended_by_signals
    from rynek.local.home import from_environment

    console.print("[bold]Opening the market.[/bold] Ctrl-C closes it.")
    with (
        complaining(),
        ended_by_signals(),
        market.opened(from_environment(), scale, console) as (open_market, supervisor),
    ):
        show(market.doors(open_market), time.monotonic() - started)
        supervisor.wait()
    console.print("Closed.")


def show(doors: "Doors", seconds: float) -> None:
    """What to open in a browser, and the tokens to ask the APIs with; no line is broken."""
    console.print(f"[bold]The market is open after {seconds:.0f} s.[/bold]")
    for what, where in (
        ("a vendor's page", doors.vendor_page),
        ("Dagster UI", doors.dagster),
        ("figures and recommendations, API", doors.serving_docs),
        ("orders, stock and payments, API", doors.core_docs),
        ("an operator's token", doors.operator_token),
        ("a shopper's token", doors.shopper_token),
    ):
        console.print(f"  {what:<33} {where}", soft_wrap=True)
