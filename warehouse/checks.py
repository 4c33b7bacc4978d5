"""The blocking checks: SQL that finds offending rows, reconciliation, Great Expectations.

After a build in parts a check looks at the parts alone where it has a window, and need not look
where nothing it reads has changed: what was not touched has passed before.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from warehouse import changes, ledger, reconcile
from warehouse.changes import AFFECTED, Changes
from warehouse.errors import ChecksMissing, MartsMissing
from warehouse.expectations import Judge, frames, suites
from warehouse.graph import MARTS, Model, header, models, parsed
from warehouse.ledger import Build
from warehouse.manifest import CheckResult

FOLDER = Path(__file__).parent / "checks"
RECONCILED = "source_reconciles_by_day"


@dataclass(frozen=True)
class Check:
    """SELECTs of the rows that break a rule; a check's file opens with the mart and the rule."""

    name: str
    about: str
    rule: str
    models: tuple[Model, ...]

    def run(
        self, connection: duckdb.DuckDBPyConnection, found: Changes | None = None
    ) -> CheckResult:
        """Judge everything, or with `found` what a build in parts has changed."""
        for model in self.models:
            sql = model.sql if found is None else _narrowed(found, model)
            if sql and (detail := self._broken(connection, sql)):
                return CheckResult(self.name, False, detail)
        return CheckResult(self.name, True)

    def _broken(self, connection: duckdb.DuckDBPyConnection, sql: str) -> str | None:
        answer = connection.sql(f"select * from ({sql}) limit 1")
        offenders = answer.fetchall()
        if not offenders:
            return None
        example = dict(zip(answer.columns, offenders[0], strict=True))
        [(rows,)] = connection.sql(f"select count(*) from ({sql})").fetchall()
        breaking = "row breaks" if rows == 1 else "rows break"
        return f"{rows} {breaking} “{self.rule}”, such as {example}"


def _narrowed(found: Changes, model: Model) -> str | None:
    """The SQL that is left to be asked; None for nothing."""
    if not found.of(model):
        return None
    affected = found.affected(model)
    if affected is None:
        return model.sql
    found.connection.sql(f"create or replace temp table {AFFECTED} as {affected}")
    return found.narrowed(model)


@cache
def checks() -> tuple[Check, ...]:
    return (*(read(path) for path in sorted(FOLDER.glob("*.sql"))), key_check())


def read(path: Path) -> Check:
    text = path.read_text()
    [about] = [word for word in header(text) if word.startswith(f"{MARTS}.")]
    return Check(path.stem, about, header(text)[about], (parsed("checks", path.stem, text),))


def key_check() -> Check:
    """The check that every mart's key, as its file names it, names one row."""
    keyed = tuple(_key_model(model) for model in models() if model.key)
    return Check("keys_are_unique", "marts.order_lines", "a mart has one row per key", keyed)


def _key_model(model: Model) -> Model:
    key, column = ", ".join(model.key), model.window.column if model.window else None
    window = f"-- window: {column}\n" if column else ""
    shown = key if column in (None, *model.key) else f"{key}, min({column}) as {column}"
    sql = f"""{window}select '{model.name}' as mart, {shown}, count(*) as rows
              from {model.target} group by {key} having count(*) > 1"""
    return parsed("checks", model.name, sql)


def rules() -> dict[str, tuple[str, str]]:
    """Return what has to pass before publication: name to (mart it is about, rule)."""
    return {
        RECONCILED: ("marts.vendor_orders", "rows and cents by day are those the source counted"),
        **{check.name: (check.about, check.rule) for check in checks()},
        **{suite.name: (suite.about, suite.rule) for suite in suites()},
    }


def run(connection: duckdb.DuckDBPyConnection, judge: Judge) -> list[CheckResult]:
    """Judge the marts as they stand and keep the results with their build.

    Marts that were judged before are only reconciled again with the newest load's counts.
    """
    build = ledger.last_build(connection)
    if build is None:
        raise MartsMissing("nothing is built yet")
    results = [reconciled(connection)]
    if not is_sound(connection, build):
        found = changes.to_judge(connection)
        results += [check.run(connection, found) for check in checks()]
        results += judge.verdicts(frames(connection))
    ledger.record_checks(connection, build.build, results)
    return complete(ledger.checks(connection, build.build))


def is_sound(connection: duckdb.DuckDBPyConnection, build: Build) -> bool:
    """Whether a build was judged by every rule and passed."""
    passed = {result.name for result in ledger.checks(connection, build.build) if result.passed}
    return passed.issuperset(rules())


def complete(results: list[CheckResult]) -> list[CheckResult]:
    if missing := rules().keys() - {result.name for result in results}:
        raise ChecksMissing(", ".join(sorted(missing)))
    return results


def reconciled(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    differences = reconcile.by_day(connection)
    if not differences:
        return CheckResult(RECONCILED, True)
    differing = "1 day differs" if len(differences) == 1 else f"{len(differences)} days differ"
    detail = f"{differing} from the source, such as {differences[0]}"
    return CheckResult(RECONCILED, False, detail)
