"""Build staging and marts of what was loaded, all in one transaction."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from warehouse import ledger
from warehouse.errors import MartsMissing
from warehouse.graph import MARTS, STAGING, Model, fingerprint, models
from warehouse.ledger import Build
from warehouse.store import transaction


@dataclass(frozen=True)
class Built:
    """What building one model gave; the rows of a view are not counted."""

    model: Model
    rows: int | None
    seconds: float


def build(
    connection: duckdb.DuckDBPyConnection,
    *,
    full: bool = False,
    on_model: Callable[[Built], None] = lambda built: None,
) -> list[Built]:
    """Rebuild every model, or nothing when neither the rows nor the models changed since.

    Raises MartsMissing before the first load. An empty list says that the marts stood already.
    """
    loaded = ledger.last(connection)
    if loaded is None:
        raise MartsMissing("nothing is loaded yet")
    with transaction(connection):
        if not full and _stands(connection):
            ledger.carry_build(connection, loaded.load_id)
            return []
        started = time.perf_counter()
        done = _build_all(connection, on_model)
        this = Build(uuid.uuid4().hex, loaded.load_id, fingerprint())
        ledger.record_build(connection, this, time.perf_counter() - started)
    return done


def _stands(connection: duckdb.DuckDBPyConnection) -> bool:
    last = ledger.last_build(connection)
    return (
        last is not None
        and last.models == fingerprint()
        and not ledger.has_changes(connection, since=last.load_id)
    )


def _build_all(
    connection: duckdb.DuckDBPyConnection, on_model: Callable[[Built], None]
) -> list[Built]:
    connection.sql(f"create schema if not exists {STAGING}; create schema if not exists {MARTS}")
    done = []
    for model in models():
        done.append(_build(connection, model))
        on_model(done[-1])
    return done


def _build(connection: duckdb.DuckDBPyConnection, model: Model) -> Built:
    started = time.perf_counter()
    if model.schema == STAGING:
        connection.sql(f"create or replace view {model.target} as {model.sql}")
        return Built(model, None, time.perf_counter() - started)
    connection.sql(f"create or replace table {model.target} as {model.sql}")
    [(rows,)] = connection.sql(f"select count(*) from {model.target}").fetchall()
    return Built(model, rows, time.perf_counter() - started)
