"""`rynek models exposure`: who gets seen, by size of vendor."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models import artifacts
from models.exposure import Report
from models.recommendations import KIND, Recommendations
from rynek.cli.complaints import complaining
from rynek.cli.tables import narrow
from serving.exposure import exposure as exposure_of
from warehouse.snapshot import Snapshot

Days = Annotated[int, typer.Option(min=1, max=3_650, help="How far back sales and impressions go.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]


def exposure(days: Days = 28, as_json: AsJson = False) -> None:
    """What large and small vendors get of sales, listings, impressions and today's lists."""
    from rynek.local.home import from_environment

    with complaining():
        home = from_environment()
        snapshot = Snapshot.current(home / "published")
        live = artifacts.live(home / "artifacts", KIND)
        found = exposure_of(snapshot, days, Recommendations.open(live) if live else None)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        Console().print(_table(found, days))


def _table(found: Report, days: int) -> Table:
    names = list(found.ginis)
    title = f"shares of the last {days} days; the large sell half, the small a tenth"
    table = narrow("vendors", "how many", "never shown", *names, title=title)
    for band in found.bands:
        shares = [f"{100 * band.shares[name]:.1f} %" for name in names]
        table.add_row(band.size, str(band.vendors), str(band.never_shown), *shares)
    table.add_section()
    table.add_row("Gini", "", "", *[f"{found.ginis[name]:.2f}" for name in names])
    return table
