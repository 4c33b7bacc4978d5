"""`rynek metrics`: what every figure means."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

Markdown = Annotated[
    bool, typer.Option("--markdown", help="The page that docs/metrics.md holds, to standard out.")
]


def metrics(as_markdown: Markdown = False) -> None:
    """What every figure means: its formula, its unit, its norm."""
    from warehouse.metrics import METRICS
    from warehouse.metrics.docs import markdown

    if as_markdown:
        typer.echo(markdown(), nl=False)
        return
    table = Table("id", "meaning", "unit", "formula", "norm")
    for metric in METRICS.values():
        norm = (
            f"{metric.norm.kind.replace('_', ' ')} {metric.norm.value:.1%}" if metric.norm else ""
        )
        table.add_row(metric.metric_id, metric.meaning, metric.unit, metric.formula, norm)
    Console().print(table)
