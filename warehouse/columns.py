"""Hold the source to the column contract: a new column warns, a broken one stops the load."""

from collections.abc import Iterator, Mapping

from warehouse.errors import ColumnContractBroken
from warehouse.source import FoundTable
from warehouse.tables import SourceTable


def honoured(tables: tuple[SourceTable, ...], found: Mapping[str, FoundTable]) -> tuple[str, ...]:
    """Return a warning per new column.

    Raises ColumnContractBroken naming everything that is amiss.
    """
    breaches = [breach for table in tables for breach in _breaches(table, found.get(table.name))]
    if breaches:
        raise ColumnContractBroken("; ".join(breaches))
    return tuple(warning for table in tables for warning in _news(table, found[table.name]))


def _breaches(table: SourceTable, found: FoundTable | None) -> Iterator[str]:
    if found is None:
        yield f"table {table.name} is missing"
        return
    for name, kind in table.columns.items():
        found_kind, is_readable = found.columns.get(name, (None, False))
        if found_kind is None:
            yield f"{table.name}.{name} is missing"
        elif found_kind != kind:
            yield f"{table.name}.{name} is {found_kind}, the contract says {kind}"
        elif not is_readable:
            yield f"{table.name}.{name} is withheld from this role"


def _news(table: SourceTable, found: FoundTable) -> Iterator[str]:
    for name in sorted(found.columns.keys() - table.columns.keys() - table.left):
        yield f"{table.name}.{name} is new in the source and is not loaded"
