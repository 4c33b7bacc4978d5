"""`rynek evaluate`: recommenders on any Parquet file, tuned with equal budgets, with intervals."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import polars as pl
import typer
from polars.exceptions import PolarsError
from rich.console import Console
from rich.status import Status
from rich.table import Table

from models import protocols
from models.arrays import Float64, Integers
from models.comparison import Row, compare
from models.errors import InteractionsInvalid, ParametersInvalid
from models.evaluation import UNDESCRIBED, Catalogue, Interval, Split, Task
from models.interactions import Interactions
from models.recommender import Recommender
from models.registry import BLENDED, RECIPES
from models.tuning import Trial, tuned, tuned_blend
from rynek.cli.complaints import complaining

SHOPPERS_JUDGED = 20_000
SHOPPERS_TUNED_ON = 5_000
VALIDATION_SHARE = 0.2
DEFAULT_MODELS = "popularity,item_knn,rp3beta,sparse_ease,ials"
COLUMNS = {
    "user": ("user", "shopper_pseudonym", "household_id", "CustomerID", "userId", "session_id"),
    "item": ("item", "product_id", "StockCode", "movieId", "offer_id"),
    "time": ("occurred_at", "transaction_timestamp", "InvoiceDate", "timestamp", "time"),
    "basket": ("basket", "basket_id", "order_id", "InvoiceNo"),
    "vendor": ("vendor", "vendor_id", "manufacturer_id", "seller_id"),
    "worth": ("worth", "amount", "sales_value", "UnitPrice", "price"),
    "session": ("session_id", "session", "basket_id", "InvoiceNo"),
}

Fixed: TypeAlias = dict[str, dict[str, Any]]
ProtocolName = Literal["temporal", "session", "next-basket"]


def _parquet(what: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, help=what)


Train = Annotated[Path | None, _parquet("Parquet file to learn from, with --test.")]
Test = Annotated[Path | None, _parquet("Parquet file to judge by, with --train.")]
Events = Annotated[Path | None, _parquet("One Parquet file, to be cut by --protocol.")]


@dataclass(frozen=True)
class Exam:
    """What is asked of the models, and where they may be tuned for it."""

    splits: Sequence[Split]
    validation: Split
    task: Task
    described: str
    catalogue: Catalogue = UNDESCRIBED


def evaluate(
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
        Path | None, _parquet("Parquet file of items and their vendors, for figures by vendor.")
    ] = None,
    k: Annotated[int, typer.Option(min=1, max=1_000, help="Length of the lists.")] = 20,
    holdout_days: Annotated[float, typer.Option(min=0.01, help="Days to judge by.")] = 28.0,
    origins: Annotated[int, typer.Option(min=1, max=24, help="Rolling cuts in time.")] = 1,
    shoppers: Annotated[int, typer.Option(min=1, help="Judged at most.")] = SHOPPERS_JUDGED,
    user: Annotated[str | None, typer.Option(help="Column of shoppers.")] = None,
    item: Annotated[str | None, typer.Option(help="Column of items.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of times.")] = None,
    basket: Annotated[str | None, typer.Option(help="Column of baskets or sessions.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of a table.")
    ] = False,
) -> None:
    """Judge recommenders by what shoppers did next, ranking every item, with 95 % intervals."""
    with complaining(), _legible():
        recipes = _recipes(models)
        wanted = {"user": user, "item": item, "time": time, "basket": basket}
        if train and test and not interactions:
            exam = _published(train, test, wanted, task or "new", seed)
        elif interactions and not (train or test):
            events, described = _read(interactions, catalogue, wanted, protocol == "session")
            exam = _cut(events, protocol, task, holdout_days, origins, shoppers, seed)
            exam = replace(exam, catalogue=described)
        else:
            raise ParametersInvalid("Give either --train and --test, or --interactions.")
        chosen = _tuned(recipes, exam, tune, _fixed(fix or []), k, seed)
        trials = {recipe: tried for recipe, (_, tried) in chosen.items()}
        with _working(f"judging {len(recipes)} models"):
            candidates: list[Recommender] = [chosen[recipe][0] for recipe in recipes]
            rows = compare(
                candidates, exam.splits, k=k, task=exam.task, catalogue=exam.catalogue, seed=seed
            )
    if as_json:
        typer.echo(json.dumps(_document(exam, rows, trials, k)))
    else:
        Console().print(_table(exam, rows, k, tune))


@contextmanager
def _legible() -> Iterator[None]:
    """Say that a file is not what it should be. Raises InteractionsInvalid."""
    try:
        yield
    except PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise InteractionsInvalid(f"A file could not be read as Parquet: {reason}.") from error


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


def _fixed(words: list[str]) -> Fixed:
    """Parameters by recipe, from words such as `ease.head=41000`."""
    fixed: Fixed = {}
    for word in words:
        name, is_given, value = word.partition("=")
        recipe, has_name, parameter = name.partition(".")
        if not (is_given and has_name and recipe in RECIPES):
            raise ParametersInvalid(f"--fix {word!r}: write recipe.parameter=number.")
        try:
            fixed.setdefault(recipe, {})[parameter] = json.loads(value)
        except json.JSONDecodeError as error:
            raise ParametersInvalid(f"--fix {word!r}: {value!r} is no number.") from error
    return fixed


def _working(doing: str) -> Status:
    return Console(stderr=True).status(doing)


def _recipes(models: str) -> list[str]:
    names = [name.strip() for name in models.split(",") if name.strip()]
    unknown = [part for name in names for part in name.split(BLENDED) if part not in RECIPES]
    if unknown or not names:
        raise ParametersInvalid(f"--models {models!r}: choose among {', '.join(RECIPES)}.")
    return names


def _published(
    train: Path, test: Path, wanted: dict[str, str | None], task: Task, seed: int
) -> Exam:
    parts = [pl.read_parquet(path) for path in (train, test)]
    user, item = (_column(parts[0], role, wanted[role]) for role in ("user", "item"))
    both = pl.concat([part.select(user, item) for part in parts])
    events = Interactions.from_columns(_codes(both[user]), _codes(both[item]))
    is_train = np.arange(len(both)) < len(parts[0])
    known = events.where(is_train)
    split = protocols.given(known, events.where(~is_train), task=task)
    validation = protocols.random_share(
        VALIDATION_SHARE, task=task, max_shoppers=SHOPPERS_TUNED_ON, seed=seed
    )(known)
    return Exam([split], validation, task, f"{train.name} / {test.name}, {task} items")


def _cut(
    events: Interactions,
    protocol: ProtocolName,
    task: Task | None,
    holdout_days: float,
    origins: int,
    shoppers: int,
    seed: int,
) -> Exam:
    if protocol == "session":
        task, cut = "all", protocols.session(max_shoppers=shoppers, seed=seed)
    elif protocol == "next-basket":
        task = task or "all"
        cut = protocols.next_basket(task=task, max_shoppers=shoppers, seed=seed)
    else:
        task = task or "new"
        cut = protocols.temporal(holdout_days, task=task, max_shoppers=shoppers, seed=seed)
    splits = protocols.rolling(cut, events, holdout_days, origins)
    # The earliest origin's training data has seen none of the windows that judge.
    validation = cut(splits[-1].train)
    return Exam(splits, validation, task, f"{protocol}, {origins} origin(s), {task} items")


def _read(
    path: Path, catalogue: Path | None, wanted: dict[str, str | None], is_by_session: bool
) -> tuple[Interactions, Catalogue]:
    frame = pl.read_parquet(path)
    user = _column(frame, "session" if is_by_session else "user", wanted["user"])
    item, time = (_column(frame, role, wanted[role]) for role in ("item", "time"))
    basket = wanted["basket"] or _first(frame, "basket") or user
    frame = frame.drop_nulls([user, item, time])
    if "Quantity" in frame.columns:
        frame = frame.filter(pl.col("Quantity") > 0)
    events = Interactions.from_columns(
        _codes(frame[user]),
        _codes(frame[item]),
        occurred_at=_times(frame[time]),
        baskets=_codes(frame[basket]),
    )
    return events, Catalogue(_vendors(frame, catalogue, item), _worths(frame, item))


def _vendors(frame: pl.DataFrame, catalogue: Path | None, item: str) -> Integers | None:
    """`(n_items,)` codes in order of the items' ids; 0 where nobody is known."""
    known = frame if catalogue is None else pl.read_parquet(catalogue)
    vendor = _first(known, "vendor")
    if vendor is None or item not in known.columns:
        return None
    sold_by = known.select(item, vendor).unique(subset=item, keep="any")
    items = frame.select(pl.col(item).unique()).join(sold_by, on=item, how="left").sort(item)
    codes: Integers = items[vendor].rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    return codes


def _worths(frame: pl.DataFrame, item: str) -> Float64 | None:
    """`(n_items,)`: the median of what one event brought."""
    worth = _first(frame, "worth")
    if worth is None:
        return None
    medians: Float64 = frame.group_by(item).agg(pl.col(worth).median()).sort(item)[worth].to_numpy()
    return medians


def _first(frame: pl.DataFrame, role: str) -> str | None:
    return next((name for name in COLUMNS[role] if name in frame.columns), None)


def _column(frame: pl.DataFrame, role: str, wanted: str | None) -> str:
    if wanted is not None and wanted not in frame.columns:
        raise ParametersInvalid(f"There is no column {wanted!r} among {', '.join(frame.columns)}.")
    found = wanted or _first(frame, role)
    if found is None:
        raise ParametersInvalid(f"Name the {role} column among {', '.join(frame.columns)}.")
    return found


def _codes(values: pl.Series) -> pl.Series:
    """Whole numbers as they are, anything else by rank."""
    return values if values.dtype.is_integer() else values.rank("dense").cast(pl.Int64)


def _times(values: pl.Series) -> pl.Series:
    """Datetimes as they are; whole numbers are seconds since 1970."""
    return pl.from_epoch(values, "s") if values.dtype.is_integer() else values


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
                "shoppers": row.shoppers,
                "metrics": {name: list(values) for name, values in row.metrics.items()},
                "strata": row.strata,
                "best_ahead_by": None if row.behind_best is None else list(row.behind_best),
                "fit_seconds": round(row.fit_seconds, 2),
                "answer_seconds": round(row.answer_seconds, 2),
            }
            for row in rows
        ],
    }


def _table(exam: Exam, rows: list[Row], k: int, trials: int) -> Table:
    shown = (f"ndcg@{k}", f"recall@{k}", f"recall_capped@{k}", f"mrr@{k}", f"coverage@{k}")
    title = f"{exam.described}, {rows[0].shoppers:,} shoppers, {trials} trials per model"
    table = Table("model", *shown, "best is ahead by", "fit s", "answer s", title=title)
    for row in rows:
        cells = [_cell(row.metrics[name]) for name in shown]
        seconds = (f"{row.fit_seconds:.1f}", f"{row.answer_seconds:.1f}")
        table.add_row(row.recipe, *cells, _ahead(row.behind_best), *seconds)
    return table


def _cell(interval: Interval) -> str:
    spread = (interval.high - interval.low) / 2
    return f"{interval.value:.4f}" + ("" if math.isclose(spread, 0) else f" ±{spread:.4f}")


def _ahead(difference: Interval | None) -> str:
    if difference is None:
        return "best"
    value, low, high = (100 * part for part in difference)
    return f"{value:+.1f} % ({low:+.1f} to {high:+.1f})"
