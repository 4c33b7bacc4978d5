"""The bench of insights on a tiny market: bounds that hold, and a control that must not."""

from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from rynek.bench.insights import UNTIL, Judged, coverage, judge, rows, together
from rynek.market import generate
from tests.conftest import Databases
from tests.warehouse.steps import load_and_build
from warehouse import store
from warehouse.advice.inputs import Inputs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def judged(
    databases: Databases, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Judged:
    """Three tiny markets together: in one alone all listings err with the market's mean."""
    return together(
        [
            judged_market(databases, migrated_template, tmp_path_factory.mktemp("home"), seed)
            for seed in (1, 2, 3)
        ]
    )


def judged_market(databases: Databases, template: str, home: Path, seed: int) -> Judged:
    with databases.fresh(template) as address:
        generate("tiny", seed, address, home, UNTIL, Console(file=StringIO()))
        source = databases.address(
            databases.addresses.pipeline_database_url, urlsplit(address).path.lstrip("/")
        )
        with store.opened(home / "warehouse") as warehouse:
            load_and_build(warehouse, source)
            return judge(Inputs.of(warehouse), home / "truth")


def test_intervals_hold_the_truth_of_the_market(judged: Judged) -> None:
    assert coverage(judged.elasticities, 0.95) > 0.75
    out = judged.lost.filter(judged.lost["closed_days"] > 0)
    held = (out["truth"] >= out["low95"]) & (out["truth"] <= out["high95"])
    assert out.height > 10
    assert held.mean() > 0.85


def test_the_naive_regression_fails(judged: Judged) -> None:
    assert coverage(judged.naive, 0.95) < 0.5


def test_the_report_says_of_every_claim_whether_it_is_met(judged: Judged) -> None:
    told = {row.name: row.met for row in rows(judged)}
    assert told["control: naive regression, 95 % interval holds the truth"] is True
    assert told["listings that were sold out"] is None


def test_a_figure_of_several_markets_tells_the_worst_of_them(judged: Judged) -> None:
    told = {row.name: row.value for row in rows(judged)}
    all_markets = "elasticity, all listings whose price changed: 90 % interval holds the truth"
    worst = "elasticity: the same, 90 % interval, the market that it holds least in"
    assert 0 < told[worst] < told[all_markets]
