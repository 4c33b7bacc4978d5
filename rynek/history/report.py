"""What an import did, as a person reads it."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table

from rynek.history.reading import Filled
from rynek.history.totals import TotalFound


@dataclass(frozen=True)
class ImportReport:
    """What came in, what was filled in, and the totals as Postgres has them."""

    source: str
    currency: str
    rows: dict[str, int]
    filled: tuple[Filled, ...]
    totals: tuple[TotalFound, ...]
    is_known: bool
    seconds: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether every known total came out; of an unknown folder nothing is expected."""
        return not self.is_known or all(total.is_exact for total in self.totals)

    def __rich__(self) -> RenderableType:
        return Group(*self._parts())

    def _parts(self) -> Iterator[RenderableType]:
        yield self._rows_table() if self.rows else f"{self.source} was there already; nothing added"
        yield self._filled_table()
        yield self._totals_table()
        yield f"{self.source}: {sum(self.rows.values()):,} rows in {self.seconds:.1f} s"

    def _rows_table(self) -> Table:
        table = Table("table", title=f"{self.source}: rows added", title_justify="left")
        table.add_column("rows", justify="right")
        for name, count in self.rows.items():
            table.add_row(name, f"{count:,}")
        return table

    def _filled_table(self) -> Table:
        table = Table("filled in", title="What the set lacks", title_justify="left")
        table.add_column("count", justify="right")
        table.add_column("how")
        for filled in self.filled:
            table.add_row(filled.what, f"{filled.count:,}", filled.how)
        return table

    def _totals_table(self) -> Table:
        table = Table("total", title="Totals read back from Postgres", title_justify="left")
        for column in ("found", "expected"):
            table.add_column(column, justify="right")
        table.add_column("")
        for found in self.totals:
            table.add_row(*self._total_cells(found))
        return table

    def _total_cells(self, found: TotalFound) -> tuple[str, str, str, str]:
        name, unit = found.total.name, found.total.unit
        if not self.is_known:
            return name, self._figure(found.found, unit), "another folder", ""
        mark = "✓" if found.is_exact else "✗"
        return name, self._figure(found.found, unit), self._figure(found.total.expected, unit), mark

    def _figure(self, number: int, unit: str) -> str:
        return f"{number / 100:,.2f} {self.currency}" if unit == "cents" else f"{number:,}"
