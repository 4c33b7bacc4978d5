"""`rynek findings`: what `rynek evaluate --json` found, as a page for people."""

import json
from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Annotated, Any

import typer

from models.errors import QuestionUnclear
from rynek.cli.complaints import complaining

HEAD = """# How good the recommendations are

Every item is ranked for every judged shopper; the first {k} places are compared with what they did
next. Brackets hold 95 % intervals over shoppers; the last column is by how much the best is ahead
in NDCG, paired by shopper. Models are tuned on training data alone, each with the same number of
settings within an exam. `tests/benchmarks/evaluate.sh` makes the figures anew,
`notebooks/03_evaluation.ipynb` shows more of them.
"""
PUBLISHED = """
Published for the same split, Recall@20 / NDCG@20: LightGCN .1820 / .1547, UltraGCN .1862 / .1580,
SimpleX .1872 / .1557, EASE .1765 / .1467.
"""
COLUMNS = ("model", "NDCG", "recall", "recall ÷ min(k, n)", "MRR", "coverage", "best ahead by")
MEASURES = ("ndcg", "recall", "recall_capped", "mrr", "coverage")

Document = Mapping[str, Any]


def findings(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Of JSON files.")],
) -> None:
    """Tables of what `rynek evaluate --json` found, in Markdown: the page docs/evaluation.md."""
    with complaining():
        typer.echo(page(_read(folder)), nl=False)


def page(exams: Mapping[str, Document]) -> str:
    """Exams by name, in that order."""
    k = next(iter(exams.values()))["k"]
    return HEAD.format(k=k) + "".join(_section(name, exam) for name, exam in exams.items())


def _read(folder: Path) -> dict[str, Document]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise QuestionUnclear(f"{folder} holds no JSON of `rynek evaluate --json`.")
    return {path.stem: _document(path) for path in paths}


def _document(path: Path) -> Document:
    try:
        document: Document = json.loads(path.read_text())
        return {"protocol": document["protocol"], "k": document["k"], "rows": document["rows"]}
    except (JSONDecodeError, KeyError, TypeError) as reason:
        raise QuestionUnclear(f"{path} was not written by `rynek evaluate --json`.") from reason


def _section(name: str, exam: Document) -> str:
    rows = exam["rows"]
    budget = {row["trials"] for row in rows}
    tuned = f"{max(budget)} settings each" if max(budget) else "nothing tuned"
    title = f"\n## {name}\n\n{exam['protocol']}; {rows[0]['shoppers']:,} shoppers; {tuned}.\n"
    published = PUBLISHED if name.startswith("gowalla") else ""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(_cells(row, exam["k"]) for row in rows)]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return f"{title}{published}\n{table}"


def _cells(row: Mapping[str, Any], k: int) -> tuple[str, ...]:
    return (row["model"], *_figures(row["metrics"], k), _ahead(row["best_ahead_by"]))


def _figures(metrics: Mapping[str, list[float]], k: int) -> Iterator[str]:
    for measure in MEASURES:
        value, low, high = metrics[f"{measure}@{k}"]
        spread = f" ({low:.4f} to {high:.4f})" if measure == "ndcg" else ""
        yield f"{value:.4f}{spread}"


def _ahead(difference: list[float] | None) -> str:
    if difference is None:
        return "best"
    value, low, high = (100 * part for part in difference)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"
