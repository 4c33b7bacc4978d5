"""`rynek metrics`: what every figure means, and all that is known of one."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from rynek.cli.complaints import complain

if TYPE_CHECKING:
    from warehouse.metrics import Metric

Chosen = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Tell all of these: formula, grain, owner, maturity, …"),
]
Markdown = Annotated[
    bool, typer.Option("--markdown", help="The page that docs/metrics.md holds, to standard out.")
]


def metrics(chosen: Chosen = None, as_markdown: Markdown = False) -> None:
    """What every figure means: its unit, its norm; of those that are named its formula and all."""
    from warehouse.metrics import METRICS
    from warehouse.metrics.docs import markdown

    if as_markdown:
        typer.echo(markdown(), nl=False)
        return
    unknown = [name for name in chosen or () if name not in METRICS]
    for name in unknown:
        complain("metric_unknown", f"no figure is called {name}; {_instead(name, list(METRICS))}")
    if unknown:
        raise typer.Exit(1)
    console = Console()
    for name in chosen or ():
        tell(console, METRICS[name])
    if not chosen:
        console.print(listed(list(METRICS.values())))
        console.print("`rynek metrics ID` tells how a figure is counted.", highlight=False)


def listed(known: "list[Metric]") -> Table:
    from warehouse.metrics.docs import facts

    # The id in full on any terminal: the API and the command want it so.
    table = Table(Column("id", no_wrap=True), "unit", Column("norm", no_wrap=True), "meaning")
    for metric in known:
        norm = dict(facts(metric)).get("norm", "")
        table.add_row(metric.metric_id, metric.unit, norm, metric.meaning)
    return table


def tell(console: Console, metric: "Metric") -> None:
    from warehouse.metrics.docs import facts

    console.print(f"[bold]{metric.title}[/bold] ({metric.metric_id})", highlight=False)
    console.print(Text(metric.meaning))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, text in facts(metric):
        table.add_row(name, Text(text))
    console.print(table)


def _instead(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known)
    return f"did you mean {' or '.join(close)}?" if close else "`rynek metrics` lists them all"
