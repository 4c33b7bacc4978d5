"""`rynek backup` and `rynek restore`: the market in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rynek.cli.complaints import complaining

console = Console()


def backup(
    file: Annotated[Path, typer.Argument(help="Where the dump is written; pg_restore reads it.")],
) -> None:
    """Write the whole database into one file, while the market goes on."""
    from rynek.local.backups import back_up
    from rynek.local.home import from_environment

    with complaining(), console.status("dumping"):
        back_up(from_environment(), file)
    console.print(f"Wrote {file}.")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, help="What `rynek backup` wrote.")],
) -> None:
    """Fill a fresh RYNEK_HOME from a dump; its next pipeline run loads everything anew."""
    from rynek.local.backups import examine, restore
    from rynek.local.home import from_environment

    home = from_environment()
    with complaining(), console.status("restoring"):
        newest = restore(home, file)
        examine(home)
    console.print(f"Restored; every row lies below transaction {newest + 1}. Next: `rynek up`.")
