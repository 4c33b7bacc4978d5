"""How a command fails: one line on standard error with a stable code, and exit 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from models.errors import ModelsError
from rynek.history.errors import HistoryError
from rynek.local.errors import LocalError
from transactional.errors import MarketError
from warehouse.errors import WarehouseError

complaints = Console(stderr=True)


@contextmanager
def complaining() -> Iterator[None]:
    """Tell an error that has a code in one line, and exit 1."""
    try:
        yield
    except (HistoryError, LocalError, MarketError, ModelsError, WarehouseError) as problem:
        complain(problem.code, str(problem))
        raise typer.Exit(1) from problem


def complain(code: str, message: str) -> None:
    """Print the code and the message as it is: a bracket in a path is no markup."""
    complaints.print(Text.assemble((code, "bold red"), f": {message}"), soft_wrap=True)
