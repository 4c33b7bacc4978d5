"""The SQL models of staging/ and marts/: read, ordered by what they read from.

A model's file opens with what it is, one line each:

    -- grain: what one row is
    -- key: the columns that name a row
    -- window: the column by whose values the mart can be built in parts; then, after semicolons,
       `mart by column` where a mart that is read has those values under other names
    -- fixed: tables whose changes do not count, because the columns read of them never change
    -- cadence: day, for what is rebuilt when the market's day turns and not with every load
    -- stored: no, for a mart that is a view
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path
from typing import Self

import sqlglot
from sqlglot import exp

from warehouse.advice.storage import WRITTEN
from warehouse.errors import ModelGraphBroken
from warehouse.tables import TABLES

FOLDER = Path(__file__).parent
STAGING, MARTS = "staging", "marts"
LOADS = "ledger.loads"
# The core holds no move to its offer by a key; 24 million of these are counted in 0.15 s.
UNPROMISED = "staging.stock_moves"
# The names under which marts carry a day of the market.
DAY_COLUMNS = frozenset({"order_date", "session_date", "service_date", "event_date"})

# Models may read these besides each other.
LOADED = frozenset(table.target for table in TABLES) | {LOADS} | WRITTEN.keys()


@dataclass(frozen=True)
class Window:
    """Rows with one value of `column` come of those rows alone that carry it in what is read.

    `called` says where a mart that is read has these values under other names.
    """

    column: str
    called: Mapping[str, tuple[str, ...]]

    @classmethod
    def parsed(cls, text: str) -> Self:
        column, *others = (part.strip() for part in text.split(";"))
        pairs = (other.split(" by ") for other in others)
        return cls(column, {f"{MARTS}.{mart}": tuple(names.split(", ")) for mart, names in pairs})

    def columns_of(self, target: str) -> tuple[str, ...]:
        return self.called.get(target, (self.column,))


@dataclass(frozen=True)
class Model:
    """One SELECT in a file: staging models become views, marts become tables."""

    schema: str
    name: str
    grain: str
    sql: str
    reads: frozenset[str]
    key: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    window: Window | None = None
    fixed: frozenset[str] = frozenset()
    is_daily: bool = False
    is_view: bool = False

    @property
    def target(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_of_days(self) -> bool:
        """Whether a day of the mart can be built by itself."""
        return self.window is not None and self.window.column in DAY_COLUMNS


@cache
def models() -> tuple[Model, ...]:
    """Return every model, each after those it reads. Raises ModelGraphBroken."""
    return ordered(
        parsed(schema, path.stem, path.read_text())
        for schema in (STAGING, MARTS)
        for path in sorted((FOLDER / schema).glob("*.sql"))
    )


def parsed(schema: str, name: str, text: str) -> Model:
    """Read one model; what it reads is found in its FROM clauses, its own CTEs left out."""
    tree = sqlglot.parse_one(text, dialect="duckdb")
    said = header(text)
    return Model(
        schema=schema,
        name=name,
        grain=said.get("grain", ""),
        sql=text,
        reads=frozenset(f"{read.db}.{read.name}" for read in tree.find_all(exp.Table) if read.db),
        key=tuple(said["key"].split(", ")) if "key" in said else (),
        order=order_of(tree),
        window=Window.parsed(said["window"]) if "window" in said else None,
        fixed=frozenset(said["fixed"].split(", ")) if "fixed" in said else frozenset(),
        is_daily=said.get("cadence") == "day",
        is_view=schema == STAGING or said.get("stored") == "no",
    )


@cache
def counted(target: str) -> str:
    """The table with as many rows as a model, that may be counted without reading any.

    A staging view has one row for each of the table that it begins from: it joins parents, which
    the core promises to be there, and never children. A test holds each view to that.
    """
    if not target.startswith(f"{STAGING}.") or target == UNPROMISED:
        return target
    [model] = [model for model in models() if model.target == target]
    first = sqlglot.parse_one(model.sql, dialect="duckdb").args["from_"].this
    return target if f"{first.db}.{first.name}" == LOADS else counted(f"{first.db}.{first.name}")


def order_of(tree: exp.Expr) -> tuple[str, ...]:
    """The terms of the model's ORDER BY, columns under the names that the model gives them."""
    order = tree.args.get("order")
    if order is None:
        return ()
    bare = order.transform(
        lambda part: exp.column(part.name) if isinstance(part, exp.Column) else part
    )
    return tuple(term.sql(dialect="duckdb") for term in bare.expressions)


def header(text: str) -> dict[str, str]:
    """Return what the comment lines at the top of a model say, by their first word."""
    lines = takewhile(lambda line: line.startswith("-- "), text.splitlines())
    pairs = (line.removeprefix("-- ").partition(": ") for line in lines)
    return {word: rest for word, _, rest in pairs}


def ordered(found: Iterable[Model]) -> tuple[Model, ...]:
    by_target = {model.target: model for model in found}
    for model in by_target.values():
        if unknown := model.reads - by_target.keys() - LOADED:
            raise ModelGraphBroken(f"{model.target} reads {', '.join(sorted(unknown))}")
    graph = {target: model.reads - LOADED for target, model in by_target.items()}
    try:
        return tuple(by_target[target] for target in TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ModelGraphBroken(" → ".join(error.args[1])) from error


def fingerprint(of: Iterable[Model]) -> str:
    """Return a checksum of these models' text: when it changes, the marts are rebuilt."""
    text = "\n".join(f"{model.target}\n{model.sql}" for model in of)
    return hashlib.sha256(text.encode()).hexdigest()
