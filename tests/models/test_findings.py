"""`rynek findings`: the committed results as the page that docs/evaluation.md holds."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rynek.cli.main import app
from tests.conftest import REPOSITORY

RESULTS = REPOSITORY / "tests/benchmarks/results/evaluation"
EXAM = {
    "protocol": "temporal, 1 origin(s), new items",
    "k": 10,
    "rows": [
        {
            "model": model,
            "trials": 3,
            "shoppers": 1_234,
            "metrics": {
                f"{measure}@10": [0.5, 0.25, 0.75]
                for measure in ("ndcg", "recall", "recall_capped", "mrr", "coverage")
            },
            "best_ahead_by": ahead,
        }
        for model, ahead in (("ials", None), ("popularity", [0.2, 0.1, 0.3]))
    ],
}


def findings(folder: Path) -> Result:
    return CliRunner().invoke(app, ["findings", str(folder)])


def test_the_page_is_that_of_the_committed_results() -> None:
    page = (REPOSITORY / "docs/evaluation.md").read_text()
    command = "run `rynek findings tests/benchmarks/results/evaluation > docs/evaluation.md`"
    assert page == findings(RESULTS).output, command


def test_each_model_is_beside_the_best(tmp_path: Path) -> None:
    (tmp_path / "market.json").write_text(json.dumps(EXAM))
    page = findings(tmp_path).output
    assert "## market" in page
    assert "1,234 shoppers; 3 settings each." in page
    assert "| ials | 0.5000 (0.2500 to 0.7500) | 0.5000 |" in page
    assert page.endswith("| 0.5000 | 20.0 % (10.0 to 30.0) |\n")


@pytest.mark.parametrize("text", ["{}", "[]", "not JSON"])
def test_another_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    refused = findings(tmp_path)
    assert refused.exit_code == 1
    assert "other.json was not written by" in refused.output.replace("\n", " ")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert findings(tmp_path).exit_code == 1
