"""`rynek snapshots`: what is published, and going back to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from rynek.cli.complaints import complain, complaining

if TYPE_CHECKING:
    from warehouse.manifest import Manifest

app = typer.Typer(help="List what is published, go back to it, go on again.", no_args_is_help=True)

console = Console()
PRUNED = "select pruned_position from relay"
# A pipeline that publishes meanwhile is waited for so long.
WAIT_SECONDS = 120.0


@app.command("list")
def list_snapshots(
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file of each whole.")
    ] = False,
) -> None:
    """Show every snapshot that is served or may be rolled back to, newest first."""
    from rynek.local.home import from_environment
    from warehouse import manifest as manifests

    published = from_environment() / "published"
    with complaining():
        served, held = pointed_at(published), manifests.held(published)
        # The id in full on any terminal: one has to name it to go back to it.
        table = Table(
            Column("snapshot", no_wrap=True),
            "through (UTC)",
            "facts from",
            Column("state", overflow="fold"),
        )
        for manifest in manifests.kept(published):
            states = ["served"] if manifest.snapshot_id == served else []
            states += [scanned(published, manifest)] if verify else []
            table.add_row(
                manifest.snapshot_id,
                f"{manifest.data_through:%Y-%m-%d %H:%M}",
                f"{manifest.postgres.relay_position:,}",
                ", ".join(states),
            )
    console.print(table)
    if held:
        console.print(
            f"Held since {held.held_at:%Y-%m-%d %H:%M} UTC; `rynek snapshots release` goes on.",
            highlight=False,
        )


@app.command()
def rollback(
    snapshot_id: Annotated[str, typer.Argument(help="As `rynek snapshots list` shows it.")],
) -> None:
    """Serve an earlier snapshot and hold there: later ones are published, but not served."""
    import psycopg

    from rynek.local.home import from_environment
    from rynek.local.servers import running
    from warehouse import rollback as rollbacks
    from warehouse import store

    home = from_environment()
    with (
        complaining(),
        running(home, names=("postgres",)) as addresses,
        store.turn(home / "warehouse", WAIT_SECONDS),
        psycopg.connect(addresses.database_url) as connection,
    ):
        row = connection.execute(PRUNED).fetchone()
        chosen = rollbacks.roll_back(home / "published", snapshot_id, row[0] if row else 0)
    console.print(f"{chosen.snapshot_id} is served and held.", highlight=False)


@app.command()
def release() -> None:
    """Serve the newest snapshot again, and each later one."""
    from rynek.local.home import from_environment
    from warehouse import rollback as rollbacks
    from warehouse import store

    home = from_environment()
    with complaining(), store.turn(home / "warehouse", WAIT_SECONDS):
        newest = rollbacks.release(home / "published")
    console.print(f"{newest.snapshot_id} is served, and what follows it.", highlight=False)


def pointed_at(published: Path) -> str | None:
    """The id of what is served; None where the pointer is damaged, which a rollback mends."""
    from warehouse import manifest as manifests
    from warehouse.errors import SnapshotCorrupt

    try:
        return manifests.current(published).snapshot_id
    except SnapshotCorrupt as problem:
        complain(problem.code, str(problem))
        return None


def scanned(published: Path, manifest: "Manifest") -> str:
    """What reading every file of a snapshot came to, in a word."""
    from warehouse.errors import WarehouseError
    from warehouse.snapshot import Snapshot

    try:
        snapshot = Snapshot.open(published, manifest)
        try:
            snapshot.scan()
        finally:
            snapshot.close()
    except WarehouseError as error:
        return error.code
    return "whole"
