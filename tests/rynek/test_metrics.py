"""`rynek metrics` on a terminal as narrow as they come."""

import pytest
from typer.testing import CliRunner, Result

from rynek.cli.main import app
from warehouse.metrics import METRICS


def told(*words: str) -> Result:
    return CliRunner().invoke(app, ["metrics", *words], env={"COLUMNS": "80"})


def test_every_figure_is_listed_by_its_whole_id() -> None:
    answer = told()
    assert answer.exit_code == 0
    assert [name for name in METRICS if name not in answer.output] == []
    assert "…" not in answer.output
    assert max(map(len, answer.output.splitlines())) <= 80


def test_of_a_figure_that_is_named_everything_is_told() -> None:
    answer = told("late_shipment_30d", "sales_growth")
    words = " ".join(answer.output.split())
    for known in (METRICS["late_shipment_30d"], METRICS["sales_growth"]):
        assert known.title in words
        assert known.meaning in words
        assert str(known.numerator) in words
        assert f"owner {known.owner}" in words
    assert "norm ≤ 4.0%" in words


@pytest.mark.parametrize(
    ("name", "hint"), [("convresion", "did you mean conversion"), ("q", "`rynek metrics` lists")]
)
def test_a_figure_that_nobody_knows_is_refused_with_a_hint(name: str, hint: str) -> None:
    answer = told("orders", name)
    assert answer.exit_code == 1
    assert answer.output.startswith(f"metric_unknown: no figure is called {name}; {hint}")
