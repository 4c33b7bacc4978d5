"""`rynek up`, `down`, `status` and `doctor`: the installation on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from rynek.cli.complaints import complaining, complaints
from rynek.local import roster
from rynek.local.home import from_environment, opened
from rynek.local.process import State

if TYPE_CHECKING:
    from rynek.local.apps import Market

console = Console()

COLOURS = {"fine": "green", "warning": "yellow", "fault": "red"}


def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once everything runs; `rynek down` stops it.")
    ] = False,
) -> None:
    """Start the market: servers, core, workers, serving and the Dagster UI."""
    from rynek.local import foreground

    if detach:
        with complaining(), console.status("starting the market"):
            foreground.detach(from_environment())
        status()
        return
    console.print("[bold]Starting the market.[/bold] Ctrl-C stops everything.")
    with complaining():
        foreground.stay_up(from_environment(), ready=announce, say=mention)
    console.print("Stopped.")


def down() -> None:
    """Stop everything that runs for this installation, whoever started it."""
    with complaining():
        stopped = roster.down(from_environment())
    console.print(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")


def status() -> None:
    """Show what runs for this installation and where; exit 1 unless all of it does."""
    with complaining():
        home = opened(from_environment())
    found = roster.states(home)
    if not found:
        console.print(f"Nothing runs for {home.root}. `rynek up` starts it.")
        raise typer.Exit(1)
    console.print(process_table(found))
    if any(state.state != "running" for state in found.values()):
        console.print(f"The logs are in {home.logs}.")
        raise typer.Exit(1)


def doctor() -> None:
    """Examine this machine: what runs, what is missing, and what to do about it."""
    from rynek.local.doctor import examine

    table = Table("", "what", "found", title="Can this machine run the market?")
    verdicts = set()
    for finding in examine(from_environment()):
        verdicts.add(finding.verdict)
        mark = f"[{COLOURS[finding.verdict]}]{finding.verdict}[/]"
        table.add_row(mark, finding.subject, finding.detail)
    console.print(table)
    if "fault" in verdicts:
        complaints.print("Mend the faults above, then run `rynek doctor` again.")
        raise typer.Exit(1)


def mention(what: str) -> None:
    console.print(f"  {what}", highlight=False)


def announce(market: "Market") -> None:
    """The addresses a person opens."""
    table = Table("open", "what you find there", title="The market is open.", show_header=False)
    table.add_row(market.serving_url, "vendor pages, recommendations, search")
    table.add_row(f"{market.core_url}/docs", "the transactional core's API")
    table.add_row(market.dagster_url, "pipelines in the Dagster UI")
    table.add_row(market.mail_folder, "letters to shoppers and vendors")
    console.print(table)
    console.print("`rynek sign-in` prints a link that signs you in.", highlight=False)


def process_table(found: dict[str, State]) -> Table:
    table = Table("process", "state", "pid", "address")
    for name, state in found.items():
        port = state.facts.get("port")
        address = state.facts.get("url") or (f"127.0.0.1:{port}" if port else "")
        table.add_row(name, state.state, str(state.pid), str(address))
    return table
