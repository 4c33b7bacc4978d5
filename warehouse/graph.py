"""The SQL models of staging/ and marts/: read, ordered by what they read from."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import sqlglot
from sqlglot import exp

from warehouse.errors import ModelGraphBroken
from warehouse.tables import TABLES

FOLDER = Path(__file__).parent
STAGING, MARTS = "staging", "marts"

# Models may read these besides each other.
LOADED = frozenset(table.target for table in TABLES) | {"ledger.loads"}


@dataclass(frozen=True)
class Model:
    """One SELECT in a file: staging models become views, marts become tables."""

    schema: str
    name: str
    grain: str
    sql: str
    reads: frozenset[str]

    @property
    def target(self) -> str:
        return f"{self.schema}.{self.name}"


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
    reads = frozenset(f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db)
    return Model(schema, name, text.splitlines()[0].removeprefix("-- "), text, reads)


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


def fingerprint() -> str:
    """Return a checksum of every model's text: when it changes, the marts are rebuilt."""
    text = "\n".join(f"{model.target}\n{model.sql}" for model in models())
    return hashlib.sha256(text.encode()).hexdigest()
