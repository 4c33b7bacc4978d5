"""Build staging and marts of what was loaded, all in one transaction.

A full build is the reference. Between full builds a mart with a window is built in those parts that
follow from what the loads brought (`changes.py`); a mart of daily cadence waits for the market's
day to turn.
"""

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import duckdb

from warehouse import changes, ledger
from warehouse.changes import AFFECTED, Change, Changes, among, followed
from warehouse.checks import checks, is_sound
from warehouse.errors import MartsMissing
from warehouse.graph import MARTS, STAGING, Model, fingerprint, models
from warehouse.ledger import Build, Load
from warehouse.store import transaction


@dataclass(frozen=True)
class Built:
    """What building one model gave; the rows of a view are not counted.

    parts   how many values of its window were built anew; None where all of it was
    days    which ones, where they are days
    """

    model: Model
    rows: int | None
    seconds: float
    parts: int | None = None
    days: tuple[date, ...] | None = None


def build(
    connection: duckdb.DuckDBPyConnection,
    *,
    full: bool = False,
    on_model: Callable[[Built], None] = lambda built: None,
) -> list[Built]:
    """Bring every model up to the newest load; return those that were built, views included.

    Nothing is built when neither the rows nor the models changed since. `full` builds everything
    whole. Raises MartsMissing before the first load.
    """
    loaded = ledger.last(connection)
    if loaded is None:
        raise MartsMissing("nothing is loaded yet")
    today = market_date(loaded)
    with transaction(connection):
        last = None if full else _last_by_these_models(connection)
        is_day_over = last is None or last.daily_date < today
        if last and not is_day_over and not ledger.has_changes(connection, since=last.load_id):
            ledger.carry_build(connection, loaded.load_id)
            return []
        started = time.perf_counter()
        done = _built(connection, last, is_day_over, on_model)
        daily_date = today if last is None or is_day_over else last.daily_date
        this = Build(uuid.uuid4().hex, loaded.load_id, _models_and_rules(), daily_date)
        ledger.record_build(connection, this, time.perf_counter() - started)
    return done


def build_days(
    connection: duckdb.DuckDBPyConnection,
    wanted: Iterable[Model],
    first: date,
    last: date,
    *,
    on_model: Callable[[Built], None] = lambda built: None,
) -> list[Built]:
    """Build the days from `first` to `last` of marts whose window is a day, of what is loaded.

    Nothing need have changed: this is how a day is made anew that someone doubts. Raises
    MartsMissing before the first build.
    """
    standing = ledger.last_build(connection)
    if standing is None:
        raise MartsMissing("nothing is built yet")
    days = f"select unnest(generate_series(date '{first}', date '{last}', interval 1 day))::date"
    with transaction(connection):
        started, found = time.perf_counter(), Changes(connection)
        done = []
        for model in wanted:
            if built := _parts(found, model, f"{days} as value"):
                done.append(built)
                on_model(built)
        changes.keep(connection, found if is_sound(connection, standing) else None)
        this = replace(standing, build=uuid.uuid4().hex)
        ledger.record_build(connection, this, time.perf_counter() - started)
    return done


def market_date(loaded: Load) -> date:
    """The day in the market's zone up to which a load's rows reach."""
    return loaded.moment.taken_at.astimezone(ZoneInfo(loaded.time_zone)).date()


def _last_by_these_models(connection: duckdb.DuckDBPyConnection) -> Build | None:
    last = ledger.last_build(connection)
    return last if last and last.models == _models_and_rules() else None


def _models_and_rules() -> str:
    """A rule that is new or was changed is judged of all rows, as after every full build."""
    return fingerprint((*models(), *(one for check in checks() for one in check.models)))


def _built(
    connection: duckdb.DuckDBPyConnection,
    last: Build | None,
    is_day_over: bool,
    on_model: Callable[[Built], None],
) -> list[Built]:
    for schema in (STAGING, MARTS, changes.SCHEMA):
        connection.sql(f"create schema if not exists {schema}")
    found = changes.since(connection, last) if last else None
    done = []
    for model in models():
        built = _built_one(connection, found, model, is_day_over)
        if built:
            done.append(built)
            on_model(built)
    changes.keep(connection, found if last and is_sound(connection, last) else None)
    return done


def _built_one(
    connection: duckdb.DuckDBPyConnection, found: Changes | None, model: Model, is_day_over: bool
) -> Built | None:
    if found is None or model.is_view:
        return _whole(connection, model)
    if model.is_daily:
        return _rewritten(found, model) if is_day_over else None
    return _follow(found, model)


def _whole(connection: duckdb.DuckDBPyConnection, model: Model) -> Built:
    started = time.perf_counter()
    if model.is_view:
        connection.sql(f"create or replace view {model.target} as {model.sql}")
        return Built(model, None, time.perf_counter() - started)
    connection.sql(f"create or replace table {model.target} as {model.sql}")
    return Built(model, _rows(connection, model.target), time.perf_counter() - started)


def _follow(found: Changes, model: Model) -> Built | None:
    """Build what follows from the changes: nothing, some parts, or the whole."""
    if not found.of(model):
        return None
    affected = found.affected(model)
    if affected is not None:
        return _parts(found, model, affected)
    return _rewritten(found, model) if model.window else _compared(found, model)


def _parts(found: Changes, model: Model, affected: str) -> Built | None:
    assert model.window is not None, "parts are those of a window"
    started, connection = time.perf_counter(), found.connection
    connection.sql(f"create or replace temp table {AFFECTED} as {affected}")
    count = _rows(connection, AFFECTED)
    if not count:
        return None
    note = _values(found, model, f"{model.target} where {among(model.window.column)}")
    target = f"{changes.SCHEMA}.{model.name}"
    connection.sql(f"create or replace table {target} as {note}")
    connection.sql(f"delete from {model.target} where {among(model.window.column)}")
    connection.sql(f"insert into {model.target} by name {found.narrowed(model)}")
    connection.sql(f"insert into {target} {note}")
    found.by_target[model.target] = Change.PARTS
    seconds = time.perf_counter() - started
    return Built(
        model,
        _rows(connection, model.target),
        seconds,
        parts=count,
        days=_days(connection) if model.is_of_days else None,
    )


def _days(connection: duckdb.DuckDBPyConnection) -> tuple[date, ...]:
    rows = connection.sql(f"select value from {AFFECTED} order by value").fetchall()
    return tuple(day for (day,) in rows)


def _compared(found: Changes, model: Model) -> Built | None:
    """Build a small mart anew and note only the rows that differ."""
    started, connection = time.perf_counter(), found.connection
    connection.sql(f"create or replace temp table fresh as {model.sql}")
    differing = f"""((from fresh except from {model.target})
                     union all (from {model.target} except from fresh))"""
    target = f"{changes.SCHEMA}.{model.name}"
    connection.sql(f"create or replace table {target} as {_values(found, model, differing)}")
    if not _rows(connection, differing):
        return None
    connection.sql(f"create or replace table {model.target} as from fresh")
    found.by_target[model.target] = Change.PARTS
    return Built(model, _rows(connection, model.target), time.perf_counter() - started)


def _rewritten(found: Changes, model: Model) -> Built:
    found.by_target[model.target] = Change.WHOLE
    return _whole(found.connection, model)


def _values(found: Changes, model: Model, rows: str) -> str:
    """SQL for the values in these rows by which other models and the checks follow the mart."""
    followers = [*models(), *(one for check in checks() for one in check.models)]
    wanted = followed(model.target, followers)
    columns = sorted(wanted & found.columns[model.target])
    return f"select distinct {', '.join(columns) or 'true as is_changed'} from {rows}"


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    [(rows,)] = connection.sql(f"select count(*) from {relation}").fetchall()
    return int(rows)
