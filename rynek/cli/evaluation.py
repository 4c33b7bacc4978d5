"""`rynek evaluate`: recommenders on any Parquet file, tuned with equal budgets, with intervals."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table

from models.comparison import Row, compare
from models.errors import QuestionUnclear
from models.evaluation import Interval, Task
from models.recommender import Recommender
from models.registry import BLENDED, RECIPES
from models.tuning import Trial, tuned, tuned_blend
from rynek.cli.complaints import complaining
from rynek.cli.exams import Exam, Protocol, ProtocolName, cut, legible, published
from rynek.cli.tables import narrow

SHOPPERS_JUDGED = 20_000
DEFAULT_MODELS = "popularity,item_knn,rp3beta,sparse_ease,ials"
OF_ONE_FILE = (
    "protocol", "catalogue", "holdout_days", "origins", "shoppers", "time", "basket"
)  # fmt: skip
Fixed: TypeAlias = dict[str, dict[str, Any]]


def _parquet(what: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, help=what)


Train = Annotated[Path | None, _parquet("Parquet file to learn from, with --test.")]
Test = Annotated[Path | None, _parquet("Parquet file to judge by, with --train.")]
Events = Annotated[Path | None, _parquet("One Parquet file, to be cut by --protocol.")]


def evaluate(
    context: typer.Context,
    train: Train = None,
    test: Test = None,
    interactions: Events = None,
    protocol: Annotated[ProtocolName, typer.Option(help="How to cut --interactions.")] = "temporal",
    models: Annotated[
        str, typer.Option(help="Recipes, comma-separated; ease+bspm is a blend of the two.")
    ] = DEFAULT_MODELS,
    tune: Annotated[int, typer.Option(min=0, help="Settings tried per model, on train only.")] = 0,
    fix: Annotated[
        list[str] | None, typer.Option(help="Not to be tuned, such as ease.head=41000; repeatable.")
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="Rank items new to the shopper, or all.")
    ] = None,
    catalogue: Annotated[
        Path | None,
        _parquet("Parquet file of items: vendor_id for figures by vendor, listed_at and ended_at."),
    ] = None,
    k: Annotated[int, typer.Option(min=1, max=1_000, help="Length of the lists.")] = 20,
    holdout_days: Annotated[float, typer.Option(min=0.01, help="Days to judge by.")] = 28.0,
    origins: Annotated[int, typer.Option(min=1, max=24, help="Rolling cuts in time.")] = 1,
    shoppers: Annotated[int, typer.Option(min=1, help="Judged at most.")] = SHOPPERS_JUDGED,
    user: Annotated[str | None, typer.Option(help="Column of shoppers.")] = None,
    item: Annotated[str | None, typer.Option(help="Column of items.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of times.")] = None,
    basket: Annotated[str | None, typer.Option(help="Column of baskets, or of sessions.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of a table.")
    ] = False,
) -> None:
    """Judge recommenders by what shoppers did next, ranking every item, with 95 % intervals."""
    with complaining(), legible():
        recipes = _recipes(models)
        held = _fixed(fix or [], recipes)
        wanted = {"user": user, "item": item, "time": time, "basket": basket}
        if train and test and not interactions:
            _demand_none_of(context, OF_ONE_FILE)
            exam = published(train, test, wanted, task or "new", seed)
        elif interactions and not (train or test):
            way = Protocol.named(protocol, task, holdout_days, shoppers, seed)
            exam = cut(interactions, catalogue, wanted, way, holdout_days, origins)
        else:
            raise QuestionUnclear("Give either --train and --test, or --interactions.")
        chosen = _tuned(recipes, exam, tune, held, k, seed)
        trials = {recipe: tried for recipe, (_, tried) in chosen.items()}
        with _working(f"judging {len(recipes)} models"):
            candidates: list[Recommender] = [chosen[recipe][0] for recipe in recipes]
            rows = compare(
                candidates, exam.splits, k=k, task=exam.task, catalogue=exam.catalogue, seed=seed
            )
    if as_json:
        typer.echo(json.dumps(_document(exam, rows, trials, k)))
    else:
        Console().print(_quality(exam, rows, k, tune), _beside(rows, k), sep="\n\n")


def _tuned(
    recipes: list[str], exam: Exam, trials: int, fixed: Fixed, k: int, seed: int
) -> dict[str, tuple[Recommender, list[Trial]]]:
    """Each recipe with its trials; the members of a blend are tuned before it, once."""
    chosen: dict[str, tuple[Recommender, list[Trial]]] = {}
    singles = [name for recipe in recipes for name in recipe.split(BLENDED)]
    for recipe in dict.fromkeys(singles + recipes):
        with _working(f"tuning {recipe}, {trials} settings"):
            if BLENDED in recipe:
                members = [chosen[name][0] for name in recipe.split(BLENDED)]
                chosen[recipe] = tuned_blend(
                    members, exam.validation, trials, k=k, task=exam.task, seed=seed
                )
            else:
                held = fixed.get(recipe)
                chosen[recipe] = tuned(
                    recipe, exam.validation, trials, fixed=held, k=k, task=exam.task, seed=seed
                )
    return chosen


def _demand_none_of(context: typer.Context, options: Iterable[str]) -> None:
    """A choice that would change nothing is a misunderstanding."""
    told = [
        f"--{option.replace('_', '-')}"
        for option in options
        if (source := context.get_parameter_source(option)) and source.name == "COMMANDLINE"
    ]
    if told:
        raise QuestionUnclear(f"{', '.join(told)}: only with --interactions.")


def _fixed(words: list[str], recipes: list[str]) -> Fixed:
    """Parameters by recipe, from words such as `ease.head=41000`."""
    asked = {name for recipe in recipes for name in recipe.split(BLENDED)}
    fixed: Fixed = {}
    for word in words:
        name, is_given, value = word.partition("=")
        recipe, has_name, parameter = name.partition(".")
        if not (is_given and has_name and recipe in asked):
            raise QuestionUnclear(f"--fix {word!r}: write recipe.parameter=number, of --models.")
        try:
            fixed.setdefault(recipe, {})[parameter] = json.loads(value)
        except json.JSONDecodeError as error:
            raise QuestionUnclear(f"--fix {word!r}: {value!r} is no number.") from error
    return fixed


def _working(doing: str) -> Status:
    return Console(stderr=True).status(doing)


def _recipes(models: str) -> list[str]:
    names = [name.strip() for name in models.split(",") if name.strip()]
    unknown = [part for name in names for part in name.split(BLENDED) if part not in RECIPES]
    if unknown or not names:
        raise QuestionUnclear(f"--models {models!r}: choose among {', '.join(RECIPES)}.")
    return names


def _document(
    exam: Exam, rows: list[Row], trials: dict[str, list[Trial]], k: int
) -> dict[str, Any]:
    return {
        "protocol": exam.described,
        "k": k,
        "rows": [
            {
                "model": row.recipe,
                "parameters": dict(row.parameters),
                "trials": len(trials[row.recipe]),
                "tried": [
                    {"parameters": dict(trial.parameters), f"ndcg@{k}": round(trial.ndcg, 5)}
                    for trial in trials[row.recipe]
                ],
                "shoppers": row.shoppers,
                "metrics": {name: list(values) for name, values in row.metrics.items()},
                "strata": row.strata,
                "best_ahead_by": None if row.behind_best is None else list(row.behind_best),
                "fit_cpu_seconds": round(row.fit_cpu_seconds, 2),
                "answer_cpu_seconds": round(row.answer_cpu_seconds, 2),
            }
            for row in rows
        ],
    }


def _quality(exam: Exam, rows: list[Row], k: int, trials: int) -> Table:
    title = f"{exam.described}, {rows[0].shoppers:,} shoppers, {trials} trials per model"
    columns = (f"ndcg@{k}", "best is ahead by", "fit + answer\nCPU s")
    table = narrow("model", *columns, title=title)
    for row in rows:
        seconds = f"{row.fit_cpu_seconds:.1f} + {row.answer_cpu_seconds:.1f}"
        table.add_row(row.recipe, _cell(row.metrics[f"ndcg@{k}"]), _ahead(row.behind_best), seconds)
    return table


def _beside(rows: list[Row], k: int) -> Table:
    """The other measures, each in a few signs: their intervals are in the JSON."""
    shown = [name for name in rows[0].metrics if name != f"ndcg@{k}"]
    words = [name.removesuffix(f"@{k}").replace("_", "\n") for name in shown]
    table = narrow("model", *words, title=f"also of the first {k} places")
    for row in rows:
        table.add_row(row.recipe, *(f"{row.metrics[name].value:.4f}" for name in shown))
    return table


def _cell(interval: Interval) -> str:
    return f"{interval.value:.4f} ±{(interval.high - interval.low) / 2:.4f}"


def _ahead(difference: Interval | None) -> str:
    if difference is None:
        return "best"
    value, low, high = (100 * part for part in difference)
    return f"{value:+.1f} % ({low:+.1f} to {high:+.1f})"
