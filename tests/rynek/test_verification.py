"""`rynek verify` on a sound market, and on one that something happened to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from pipelines.run import materialize_all
from rynek.market import generate
from rynek.verification import Finding, examine
from tests.conftest import Databases

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Installed:
    """A generated market that the pipeline has been through."""

    database_url: str
    home: Path

    def broken(self) -> dict[str, str]:
        """The promises that do not hold, each with its first breach."""
        found = examine(self.database_url, self.home)
        return {each.promise: each.breaches[0] for each in found if not each.is_kept}


@pytest.fixture(scope="module")
def installed(
    databases: Databases, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("verified")
    with databases.fresh(migrated_template) as database_url:
        name = urlsplit(database_url).path.lstrip("/")
        reader = databases.address(databases.addresses.pipeline_database_url, name)
        generate("tiny", 7, database_url, home)
        assert materialize_all(home, reader).is_success
        yield Installed(database_url, home)


def test_a_market_after_its_pipeline_keeps_every_promise(installed: Installed) -> None:
    findings = list(examine(installed.database_url, installed.home))
    assert all(finding.is_kept for finding in findings), [
        finding for finding in findings if not finding.is_kept
    ]
    assert len(findings) > 10


def test_a_unit_that_vanishes_is_named(installed: Installed) -> None:
    with psycopg.connect(installed.database_url) as connection:
        (offer_id,) = only(connection, "select min(offer_id) from stock where sold_units > 0")
        shift_sold_units(connection, offer_id, -1)
    assert f"off_{offer_id}" in installed.broken()["sold units have lines"]
    with psycopg.connect(installed.database_url) as connection:
        shift_sold_units(connection, offer_id, +1)
    assert not installed.broken()


def test_an_order_that_the_snapshot_does_not_count_like_the_source_is_named(
    installed: Installed,
) -> None:
    pointer = installed.home / "published" / "CURRENT.json"
    kept = pointer.read_bytes()
    pointer.write_bytes(kept.replace(b'"marts-', b'"other-'))
    try:
        [(promise, breach)] = installed.broken().items()
    finally:
        pointer.write_bytes(kept)
    assert promise.startswith("the published snapshot is whole")
    assert breach.startswith("snapshot_corrupt")


def test_a_folder_without_a_model_says_how_to_get_one(installed: Installed) -> None:
    artifacts = installed.home / "artifacts"
    artifacts.rename(installed.home / "set-aside")
    try:
        assert "rynek pipeline run" in installed.broken()["the live model is whole"]
    finally:
        (installed.home / "set-aside").rename(artifacts)


def test_a_finding_without_breaches_is_kept() -> None:
    assert Finding("it holds", ()).is_kept
    assert not Finding("it holds", ("it does not",)).is_kept


def only(connection: "psycopg.Connection", query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def shift_sold_units(connection: "psycopg.Connection", offer_id: int, units: int) -> None:
    connection.execute(
        "update stock set sold_units = sold_units + %s, received_units = received_units + %s"
        " where offer_id = %s",
        (units, units, offer_id),
    )
