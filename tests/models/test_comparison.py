"""Tuning, comparing, and `rynek evaluate` over Parquet files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from models import protocols
from models.als import ALS
from models.comparison import compare
from models.item_knn import ItemKNN
from models.popularity import Popularity
from models.recommender import Recommender
from models.registry import RECIPES, recommender
from models.tuning import SPACES, settings, tuned
from rynek.cli.evaluation import evaluate
from tests.models.markets import taste_market

MARKET = taste_market(shoppers=200)
SPLIT = protocols.temporal(28.0)(MARKET)
COMMAND = typer.Typer()
COMMAND.command()(evaluate)


def test_the_best_comes_first_and_the_others_are_measured_against_it() -> None:
    rows = compare([Popularity(), ItemKNN(neighbours=20)], [SPLIT])
    assert [row.recipe for row in rows] == ["item_knn", "popularity"]
    best, other = rows
    assert best.behind_best is None
    assert other.behind_best is not None
    assert other.behind_best.low > 0
    assert best.metrics["ndcg@20"].low < best.metrics["ndcg@20"].value


def test_rolling_origins_are_pooled() -> None:
    splits = protocols.rolling(protocols.temporal(14.0), MARKET, 14.0, 2)
    (row,) = compare([Popularity()], splits)
    assert row.shoppers == sum(len(split.judged) for split in splits)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_can_be_tuned_within_its_own_parameters(recipe: str) -> None:
    known = recommender(recipe).parameters()
    for drawn in settings(recipe, 20, 0):
        assert known.keys() >= drawn.keys()
        recommender(recipe, drawn)


def test_every_equal_part_of_a_range_is_tried_once() -> None:
    drawn = settings("ease", 9, 0)
    assert drawn[0] == {}
    low, high = SPACES["ease"]["regularisation"].low, SPACES["ease"]["regularisation"].high
    tried = np.array([setting["regularisation"] for setting in drawn[1:]])
    parts = 8 * np.log(tried / low) / np.log(high / low)
    assert sorted(parts.astype(int)) == list(range(8))


def test_tuning_spends_its_budget_starts_with_the_defaults_and_keeps_the_best() -> None:
    model, trials = tuned("item_knn", SPLIT, 4)
    assert len(trials) == 4
    assert trials[0].parameters == {}
    best = max(trials, key=lambda trial: trial.ndcg)
    assert model.parameters().items() >= best.parameters.items()
    again: Recommender = tuned("item_knn", SPLIT, 4)[0]
    assert model.parameters() == again.parameters()


def test_no_budget_leaves_the_defaults() -> None:
    model, trials = tuned("ials", SPLIT, 0)
    assert model.parameters() == ALS().parameters()
    assert trials == []


@pytest.fixture
def events(tmp_path: Path) -> Path:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "shopper_pseudonym": MARKET.shoppers[MARKET.rows],
            "product_id": [f"SKU{column:04d}" for column in MARKET.columns],
            "occurred_at": [begin + timedelta(days=float(day)) for day in MARKET.days],
            "basket_id": MARKET.rows * 10 + (MARKET.days // 25).astype(int),
        }
    )
    path = tmp_path / "events.parquet"
    frame.write_parquet(path)
    return path


def run(*words: object) -> dict:
    result = CliRunner().invoke(COMMAND, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("protocol", ["temporal", "next-basket", "session"])
def test_any_parquet_file_is_judged_by_each_protocol(events: Path, protocol: str) -> None:
    words = ("--interactions", events, "--protocol", protocol, "--models", "popularity,item_knn")
    document = run(*words, "--json")
    assert {row["model"] for row in document["rows"]} == {"popularity", "item_knn"}
    for row in document["rows"]:
        value, low, high = row["metrics"]["recall@20"]
        assert 0 < low <= value <= high < 1
    assert document["protocol"].startswith(protocol)


def test_a_published_split_is_judged_with_models_tuned_on_its_train_part(tmp_path: Path) -> None:
    frame = pl.DataFrame({"user": MARKET.rows, "item": MARKET.columns})
    is_test = MARKET.days > 70
    frame.filter(~is_test).write_parquet(tmp_path / "train.parquet")
    frame.filter(is_test).write_parquet(tmp_path / "test.parquet")
    words = ("--train", tmp_path / "train.parquet", "--test", tmp_path / "test.parquet")
    document = run(*words, "--models", "item_knn", "--tune", 2, "--json")
    (row,) = document["rows"]
    assert row["trials"] == len(row["tried"]) == 2
    best = max(row["tried"], key=lambda trial: trial["ndcg@20"])
    assert row["parameters"] == row["parameters"] | best["parameters"]
    assert document["rows"][0]["shoppers"] > 100


def test_a_blend_is_tuned_after_its_members_and_spends_the_same(events: Path) -> None:
    words = ("--interactions", events, "--models", "item_knn,item_knn+popularity", "--tune", 2)
    document = run(*words, "--json")
    assert {row["model"]: row["trials"] for row in document["rows"]} == {
        "item_knn": 2,
        "item_knn+popularity": 2,
    }


def test_what_is_fixed_is_not_tuned(events: Path) -> None:
    words = ("--interactions", events, "--models", "item_knn", "--tune", 3, "--json")
    (row,) = run(*words, "--fix", "item_knn.neighbours=17")["rows"]
    assert row["parameters"]["neighbours"] == 17


def test_a_catalogue_adds_figures_by_vendor_and_prices_those_by_money(
    events: Path, tmp_path: Path
) -> None:
    frame = pl.read_parquet(events)
    items = frame.select(pl.col("product_id").unique().sort())
    items.with_columns(vendor_id=pl.int_range(pl.len()) % 5).write_parquet(
        tmp_path / "items.parquet"
    )
    frame.with_columns(amount=pl.lit(2.0)).write_parquet(events)
    words = ("--interactions", events, "--catalogue", tmp_path / "items.parquet", "--task", "all")
    (row,) = run(*words, "--models", "item_knn", "--json")["rows"]
    assert 0 < row["metrics"]["vendor_gini@20"][0] < 1
    assert 0 < row["metrics"]["gmv_hits@20"][0] < 1
    assert {"item age", "vendor size"} <= row["strata"].keys()


def test_only_what_was_live_at_the_cut_is_ranked(events: Path, tmp_path: Path) -> None:
    items = pl.read_parquet(events).select(pl.col("product_id").unique().sort())
    begin, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    place = pl.int_range(pl.len())
    items.with_columns(
        listed_at=pl.when(place < 10).then(pl.lit(later)),
        ended_at=pl.when(place < 20).then(pl.lit(begin)).otherwise(pl.lit(later)),
    ).write_parquet(tmp_path / "items.parquet")
    words = ("--interactions", events, "--models", "popularity", "--json", "--k", len(items))
    every, live = (
        run(*words, *more)["rows"][0]["metrics"][f"coverage@{len(items)}"][0]
        for more in ((), ("--catalogue", tmp_path / "items.parquet"))
    )
    assert every == 1.0
    assert live == pytest.approx(1 - 20 / len(items))


def test_the_tables_name_the_best_and_how_far_it_is_ahead_within_80_columns(events: Path) -> None:
    words = ["--interactions", str(events), "--models", "popularity,item_knn"]
    document, told = run(*words, "--json"), CliRunner(env={"COLUMNS": "80"}).invoke(COMMAND, words)
    assert told.exit_code == 0
    assert "…" not in told.stdout
    best, other = (
        [line.split() for line in told.stdout.splitlines() if line.startswith(name)]
        for name in ("item_knn", "popularity")
    )
    row, behind = document["rows"]
    assert best[0][1] == f"{row['metrics']['ndcg@20'][0]:.4f}"
    assert best[0][3] == "best"
    assert other[0][3] == f"{100 * behind['best_ahead_by'][0]:+.1f}"
    assert best[1][1:3] == [
        f"{row['metrics'][name][0]:.4f}" for name in ("recall@20", "recall_capped@20")
    ]


EVENTS, UNCLEAR, OUTSIDE = ["--interactions", "EVENTS"], "question_unclear", "parameters_invalid"
SPLIT_IN_TWO = ["--train", "EVENTS", "--test", "EVENTS"]


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        ([], UNCLEAR, "--interactions"),
        ([*EVENTS, "--train", "EVENTS"], UNCLEAR, "either"),
        ([*EVENTS, "--models", "nonsense"], UNCLEAR, "nonsense"),
        ([*EVENTS, "--user", "nobody"], UNCLEAR, "nobody"),
        ([*EVENTS, "--basket", "nothing"], UNCLEAR, "nothing"),
        ([*EVENTS, "--catalogue", "OTHERS"], UNCLEAR, "others.parquet has no column product_id"),
        (["--train", "EVENTS", "--test", "OTHERS"], UNCLEAR, "no column shopper_pseudonym"),
        (["--interactions", "BASKETLESS", "--protocol", "next-basket"], UNCLEAR, "basket column"),
        ([*EVENTS, "--protocol", "session", "--task", "new"], UNCLEAR, "--task new"),
        ([*SPLIT_IN_TWO, "--protocol", "session"], UNCLEAR, "--protocol: only with --interactions"),
        ([*SPLIT_IN_TWO, "--holdout-days", "28"], UNCLEAR, "--holdout-days: only with"),
        ([*EVENTS, "--fix", "ease.head"], UNCLEAR, "recipe.parameter=number"),
        ([*EVENTS, "--fix", "ials.factors=many"], UNCLEAR, "no number"),
        ([*EVENTS, "--fix", "ease.head=300"], UNCLEAR, "of --models"),
        ([*EVENTS, "--fix", "ials.fctors=4"], OUTSIDE, "ials has no fctors; it has factors"),
        ([*EVENTS, "--fix", "ials.factors=2.5"], OUTSIDE, "ials.factors cannot be 2.5"),
        ([*EVENTS, "--fix", 'ials.penalty="x"'], OUTSIDE, "ials.penalty cannot be 'x'"),
    ],
)
def test_a_faulty_question_is_answered_with_what_is_wrong(
    events: Path, words: list[str], code: str, shown: str
) -> None:
    known = pl.read_parquet(events)
    known.select(sku="product_id").write_parquet(events.with_name("others.parquet"))
    known.drop("basket_id").write_parquet(events.with_name("basketless.parquet"))
    files = {name: events.with_name(f"{name.lower()}.parquet") for name in ("OTHERS", "BASKETLESS")}
    asked = [str({**files, "EVENTS": events}.get(word, word)) for word in words]
    result = CliRunner().invoke(COMMAND, asked)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert shown in result.stderr
    assert result.stdout == ""


def test_sessions_are_the_baskets_that_one_names(events: Path) -> None:
    words = ("--interactions", events, "--protocol", "session", "--models", "popularity", "--json")
    (named,) = run(*words, "--basket", "shopper_pseudonym")["rows"]
    (found,) = run(*words)["rows"]
    assert named["shoppers"] < MARKET.n_shoppers < 10 * found["shoppers"]
