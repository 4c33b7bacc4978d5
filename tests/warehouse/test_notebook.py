from pathlib import Path

import duckdb
import pytest

from tests.warehouse.market import Market
from tests.warehouse.steps import run
from warehouse.errors import SnapshotMissing
from warehouse.notebook import snapshot


@pytest.fixture
def home(
    market: Market, warehouse: duckdb.DuckDBPyConnection, pipeline_database_url: str, tmp_path: Path
) -> Path:
    """A folder `.rynek` with one order of two cups published in it."""
    market.order(market.shopper(), [(market.offer(market.vendor("Ada")), 2)])
    run(warehouse, pipeline_database_url, tmp_path / ".rynek" / "published")
    return tmp_path / ".rynek"


def test_a_notebook_asks_in_sql_and_gets_a_frame(home: Path) -> None:
    frame = snapshot({"RYNEK_HOME": str(home)}).frame(
        "select name, units from vendor_orders join vendors using (vendor_id) where units > $least",
        least=1,
    )
    assert frame.rows(named=True) == [{"name": "Ada", "units": 2}]


@pytest.mark.parametrize("where", [".", "notebooks/drafts"])
@pytest.mark.parametrize("environment", [{}, {"RYNEK_HOME": ""}])
def test_a_notebook_finds_the_installation_beside_or_above_it(
    where: str, environment: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = home.parent / where
    below.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(below)
    assert snapshot(environment).frame("select count(*) as vendors from vendors").item() == 1


def test_a_notebook_cannot_write(home: Path) -> None:
    with pytest.raises(duckdb.Error, match="read-only"):
        snapshot({"RYNEK_HOME": str(home)}).frame("delete from marts.vendors")


def test_a_notebook_without_an_installation_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SnapshotMissing, match="rynek pipeline run"):
        snapshot({})
