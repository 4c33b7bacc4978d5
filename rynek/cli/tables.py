"""Tables that fit a terminal of 80 columns."""

from rich.box import SIMPLE_HEAD
from rich.table import Table


def narrow(first: str, *columns: str, title: str) -> Table:
    """Without a frame. What is too long in the first column goes on below, nothing is cut off."""
    table = Table(
        title=title, box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table
