"""`rynek verify`: the house's promises, checked on the live installation."""

import typer
from rich.console import Console

from rynek.cli.complaints import complaining

console = Console()


def verify() -> None:
    """Check every invariant on this installation; exit 1 naming what broke."""
    from rynek.local.home import from_environment
    from rynek.local.servers import running
    from rynek.verification import examine

    home = from_environment()
    is_sound = True
    with complaining(), running(home, names=("postgres",)) as addresses:
        for finding in examine(addresses.database_url, home):
            is_sound &= finding.is_kept
            mark = "[green]✓[/green]" if finding.is_kept else "[red]✗[/red]"
            console.print(f"{mark} {finding.promise}", highlight=False)
            for breach in finding.breaches:
                console.print(f"    {breach}", markup=False, highlight=False)
    if not is_sound:
        raise typer.Exit(1)
