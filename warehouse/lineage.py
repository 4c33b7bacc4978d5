"""Which columns a model's columns come of, and by which formula, as its SQL says."""

from collections.abc import Iterator
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from warehouse.advice.storage import WRITTEN
from warehouse.benchmarks import storage as benchmarks
from warehouse.graph import LOADS, Model, models
from warehouse.tables import TABLES
from warehouse.wording import told

Column = tuple[str, str]  # a target and one of its columns

LOAD_COLUMNS = ("load_id", "currency", "time_zone", "taken_at", "snapshot")
# What models and queries may read besides models, with its columns.
GIVEN: dict[str, tuple[str, ...]] = {
    **{table.target: tuple(table.columns) for table in TABLES},
    **{target: tuple(columns) for target, columns in told(benchmarks.DEFINITIONS).items()},
    **WRITTEN,
    LOADS: LOAD_COLUMNS,
}


@cache
def lineage() -> dict[str, dict[str, tuple[Column, ...]]]:
    """Return, by model and column, the columns of what it reads that go into the value."""
    return {target: _columns(scope) for target, scope in _scopes().items()}


def asked(query: Model) -> dict[str, tuple[Column, ...]]:
    """Return the same of a query that makes no model: it may read any table."""
    made = {target: tuple(_names(scope)) for target, scope in _scopes().items()}
    return _columns(_scope(query, GIVEN | made))


@cache
def formulas() -> dict[str, dict[str, str]]:
    """Return, by model and column, the SQL that makes the value, found through CTEs and casts.

    A column that is only handed on has the column it comes from as its formula; one of a union has
    those of its parts.
    """
    return {
        target: {
            name: " or ".join(dict.fromkeys(_formulas(scope, place)))
            for place, name in enumerate(_names(scope))
        }
        for target, scope in _scopes().items()
    }


@cache
def _scopes() -> dict[str, Scope]:
    known, found = dict(GIVEN), {}
    for model in models():
        found[model.target] = _scope(model, known)
        known[model.target] = tuple(_names(found[model.target]))
    return found


def _scope(model: Model, known: dict[str, tuple[str, ...]]) -> Scope:
    tree = qualify(
        sqlglot.parse_one(model.sql, dialect="duckdb"),
        dialect="duckdb",
        schema=_schema(model, known),
        validate_qualify_columns=False,
        quote_identifiers=False,
    )
    scope = build_scope(tree)
    assert scope is not None, "a model is a SELECT"
    return scope


def _schema(model: Model, known: dict[str, tuple[str, ...]]) -> dict[str, object]:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for read in model.reads:
        folder, name = read.split(".")
        schema.setdefault(folder, {})[name] = dict.fromkeys(known[read], "unknown")
    return dict(schema)


def _columns(scope: Scope) -> dict[str, tuple[Column, ...]]:
    return {
        name: tuple(sorted(set(_sources(scope, place)))) for place, name in enumerate(_names(scope))
    }


def _sources(scope: Scope, place: int) -> Iterator[Column]:
    """Follow the column at this place of the scope's SELECT to tables that are no CTE of it."""
    if scope.set_operation_scopes:
        for part in scope.set_operation_scopes:
            yield from _sources(part, place)
        return
    for column in _query(scope).selects[place].find_all(exp.Column):
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            yield f"{source.db}.{source.name}", column.name
        elif source is not None and column.name in _names(source) and not _is_own(scope, source):
            yield from _sources(source, _names(source).index(column.name))


def _formulas(scope: Scope, place: int) -> Iterator[str]:
    if scope.set_operation_scopes:
        for part in scope.set_operation_scopes:
            yield from _formulas(part, place)
        return
    made = _bare(_query(scope).selects[place].unalias())
    source = scope.sources.get(made.table) if isinstance(made, exp.Column) else None
    if isinstance(source, exp.Table):
        yield f"{source.db}.{source.name}.{made.name}"
    elif source is not None and made.name in _names(source) and not _is_own(scope, source):
        yield from _formulas(source, _names(source).index(made.name))
    else:
        yield _unqualified(made).sql(dialect="duckdb", comments=False, normalize_functions="lower")


def _bare(made: exp.Expr) -> exp.Expr:
    """The value without what only changes its type, or says what stands for nothing."""
    while isinstance(made, exp.Cast | exp.Paren) or (
        isinstance(made, exp.Coalesce) and all(isinstance(e, exp.Literal) for e in made.expressions)
    ):
        made = made.this
    return made


def _unqualified(made: exp.Expr) -> exp.Expr:
    """The value with columns by their bare names; one that `using` joins is one column."""

    def plain(part: exp.Expr) -> exp.Expr:
        if isinstance(part, exp.Column):
            return exp.column(part.name)
        if isinstance(part, exp.Coalesce) and {part.this} == {*part.expressions, part.this}:
            return exp.column(part.this.name) if isinstance(part.this, exp.Column) else part
        return part

    return made.transform(plain).transform(plain)


def _names(scope: Scope) -> list[str]:
    return list(_query(scope).named_selects)


def _query(scope: Scope) -> exp.Query:
    assert isinstance(scope.expression, exp.Query), "a scope is of a query"
    return scope.expression


def _is_own(scope: Scope, source: Scope) -> bool:
    """Whether a recursive CTE reads itself: its first part has told the lineage already."""
    return source.expression is scope.expression or (
        scope.parent is not None and source.expression is scope.parent.expression
    )
