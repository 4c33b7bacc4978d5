"""The blocking checks: SQL that finds offending rows, reconciliation, Great Expectations."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from warehouse import ledger, reconcile
from warehouse.errors import ChecksMissing, MartsMissing
from warehouse.expectations import Judge, frames, suites
from warehouse.manifest import CheckResult

FOLDER = Path(__file__).parent / "checks"
RECONCILED = "source_reconciles_by_day"


@dataclass(frozen=True)
class Check:
    """A SELECT of the rows that break a rule; its file opens with the mart and the rule."""

    name: str
    about: str
    rule: str
    sql: str

    def run(self, connection: duckdb.DuckDBPyConnection) -> CheckResult:
        answer = connection.sql(f"select * from ({self.sql}) limit 1")
        offenders = answer.fetchall()
        if not offenders:
            return CheckResult(self.name, True)
        example = dict(zip(answer.columns, offenders[0], strict=True))
        [(rows,)] = connection.sql(f"select count(*) from ({self.sql})").fetchall()
        return CheckResult(self.name, False, f"{rows} rows break “{self.rule}”, such as {example}")


@cache
def checks() -> tuple[Check, ...]:
    return tuple(read(path) for path in sorted(FOLDER.glob("*.sql")))


def read(path: Path) -> Check:
    sql = path.read_text()
    about, rule = sql.splitlines()[0].removeprefix("-- ").split(": ")
    return Check(path.stem, about, rule, sql)


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
    known = {result.name for result in ledger.checks(connection, build.build) if result.passed}
    results = [reconciled(connection)]
    if not known.issuperset(rules()):
        results += [check.run(connection) for check in checks()]
        results += judge.verdicts(frames(connection))
    ledger.record_checks(connection, build.build, results)
    return complete(ledger.checks(connection, build.build))


def complete(results: list[CheckResult]) -> list[CheckResult]:
    if missing := rules().keys() - {result.name for result in results}:
        raise ChecksMissing(", ".join(sorted(missing)))
    return results


def reconciled(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    differences = reconcile.by_day(connection)
    if not differences:
        return CheckResult(RECONCILED, True)
    detail = f"{len(differences)} days differ from the source, such as {differences[0]}"
    return CheckResult(RECONCILED, False, detail)
