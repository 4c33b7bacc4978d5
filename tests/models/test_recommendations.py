from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from models import artifacts
from models.als import ALS
from models.artifacts import Artifact
from models.category_popularity import CategoryPopularity
from models.content import ContentALS
from models.errors import ArtifactCorrupt, ParametersInvalid
from models.implicit_als import ImplicitALS
from models.interactions import Interactions
from models.item_knn import ItemKNN
from models.popularity import Popularity
from models.ranker import Ranker
from models.recommendations import KIND, Recommendations, stored
from models.recommender import Recommender
from models.rp3beta import RP3Beta
from models.session_knn import SessionKNN
from models.sparse_ease import SparseEASE
from tests.models.markets import FORKS, SPOONS, listings_of, taste_market, two_tables


def artifact_of(root: Path, model: Recommender, market: Interactions) -> Artifact:
    fitted = model.fit(market)
    return artifacts.write(
        root,
        KIND,
        recipe=fitted.recipe,
        parameters=fitted.parameters(),
        seed=0,
        data_window=market.window(),
        metrics={},
        parent=None,
        arrays=stored(fitted, market),
    )


@pytest.fixture
def spoons_and_forks(tmp_path: Path) -> Recommendations:
    return Recommendations.open(artifact_of(tmp_path, ALS(factors=2), two_tables()))


def recipe_of(model: Recommender) -> str:
    return model.recipe


def products(answer: list) -> list[int]:
    return [recommendation.product_id for recommendation in answer]


def test_a_known_shopper_gets_the_missing_piece_because_of_what_they_bought(
    spoons_and_forks: Recommendations,
) -> None:
    best = spoons_and_forks.for_shopper(17, 1)[0]
    assert best.product_id == FORKS[0]
    assert best.reason == "bought"
    assert best.evidence_product_id in FORKS[1:]


def test_what_was_bought_comes_back_only_when_wanted(spoons_and_forks: Recommendations) -> None:
    assert not set(products(spoons_and_forks.for_shopper(17, 9))) & set(FORKS[1:])
    assert set(products(spoons_and_forks.for_shopper(17, 4, exclude_bought=False))) == set(FORKS)


@pytest.mark.parametrize("nobody", [None, 999])
def test_a_new_shopper_gets_what_is_popular(
    spoons_and_forks: Recommendations, nobody: int | None
) -> None:
    answer = spoons_and_forks.for_shopper(nobody, 4)
    assert set(products(answer)) == set(SPOONS)
    assert {recommendation.reason for recommendation in answer} == {"popular"}
    assert not spoons_and_forks.knows(999)


def test_a_new_shoppers_clicks_count_at_once(spoons_and_forks: Recommendations) -> None:
    best = spoons_and_forks.for_shopper(None, 1, recent_views=[FORKS[1], 424242])[0]
    assert best.product_id in FORKS
    assert best.reason == "viewed"
    assert best.evidence_product_id == FORKS[1]


def test_a_purchase_after_training_is_not_offered_again(spoons_and_forks: Recommendations) -> None:
    assert FORKS[0] not in products(
        spoons_and_forks.for_shopper(17, 9, recent_purchases={FORKS[0]: 200.0})
    )


def test_what_a_category_is_bought_again_comes_back_when_it_has_rested(tmp_path: Path) -> None:
    market = two_tables()
    categories = np.isin(market.products, FORKS)
    listed = market.listed(
        listings_of(market.products, ["fork" if c else None for c in categories])
    )
    arrays = stored(ALS(factors=2).fit(listed), listed)
    assert np.isinf(arrays["rest_days"]).all()
    monthly = arrays | {"rest_days": np.where(categories, 30.0, np.inf).astype(np.float32)}
    served = Recommendations.over("", "ials", monthly)
    last = float(market.days[market.shoppers[market.rows] == 17].max())
    for days, expected in ((29.0, {FORKS[0]}), (31.0, set(FORKS))):
        shown = served.for_shopper(17, 9, today=last + days, recent_views=[SPOONS[0]])
        assert set(products(shown)) & set(FORKS) == expected
        assert SPOONS[0] in products(shown)
    again = {FORKS[1]: last + 30.0}
    shown = served.for_shopper(17, 9, today=last + 31.0, recent_purchases=again)
    assert FORKS[1] not in products(shown)


def test_someone_who_bought_everything_gets_nothing_new(tmp_path: Path) -> None:
    market = Interactions.from_columns([1] * 5 + [2], [10, 11, 12, 13, 14, 10])
    served = Recommendations.open(artifact_of(tmp_path, ALS(factors=2), market))
    assert served.for_shopper(1, 3) == []


@pytest.mark.parametrize("model", [ALS(factors=8, iterations=2), Ranker(trees=5)], ids=recipe_of)
def test_a_shopper_with_100_000_events_is_answered(model: Recommender, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    events = 100_000
    market = Interactions.from_columns(
        np.r_[np.ones(events, int), rng.integers(2, 50, 1_000)],
        np.r_[rng.integers(0, 3_000, events), rng.integers(0, 3_500, 1_000)],
    )
    served = Recommendations.open(artifact_of(tmp_path, model, market))
    answer = served.for_shopper(1, 5)
    assert len(answer) == 5
    assert all(np.isfinite(recommendation.score) for recommendation in answer)


def test_only_what_is_available_is_offered(spoons_and_forks: Recommendations) -> None:
    in_stock = spoons_and_forks.mask([SPOONS[1], FORKS[0], 424242])
    assert set(products(spoons_and_forks.for_shopper(17, 9, available=in_stock))) == {
        SPOONS[1],
        FORKS[0],
    }
    assert spoons_and_forks.for_shopper(17, 9, available=spoons_and_forks.mask([])) == []


SERVED = [
    ALS(factors=8),
    ContentALS(factors=8),
    ItemKNN(neighbours=20),
    RP3Beta(),
    SparseEASE(),
    SessionKNN(),
    CategoryPopularity(),
    Popularity(),
    Ranker(trees=20),
]


@pytest.mark.parametrize("model", SERVED, ids=recipe_of)
def test_everything_out_of_stock_leaves_an_empty_list(model: Recommender, tmp_path: Path) -> None:
    market = taste_market()
    served = Recommendations.over("", model.recipe, stored(model.fit(market), market))
    assert served.for_shopper(int(market.shoppers[0]), 5, available=served.mask([])) == []


@pytest.mark.parametrize("model", SERVED, ids=recipe_of)
def test_the_answer_equals_the_models_own_ranking(model: Recommender, tmp_path: Path) -> None:
    market = taste_market()
    served = Recommendations.open(artifact_of(tmp_path, model, market))
    rows = np.array([0, 7, 40])
    ranking = model.recommend(rows, 10, exclude=market.matrix[rows])
    for row, items in zip(rows, ranking.items, strict=True):
        answer = served.for_shopper(int(market.shoppers[row]), 10)
        assert products(answer) == market.products[items].tolist()


@pytest.mark.parametrize(
    "model",
    [
        ALS(factors=3, iterations=20),
        ItemKNN(shrinkage=1.0),
        RP3Beta(),
        SessionKNN(neighbours=5),
        Ranker(trees=5, sources={"content_ials": {"factors": 3, "iterations": 20}, "rp3beta": {}}),
    ],
    ids=recipe_of,
)
def test_beside_a_fork_there_are_forks(model: Recommender) -> None:
    market = two_tables()
    served = Recommendations.over("", model.recipe, stored(model.fit(market), market))
    beside = served.similar(FORKS[0], 3)
    assert set(products(beside)) == set(FORKS[1:])
    assert {(one.reason, one.evidence_product_id) for one in beside} == {("viewed", FORKS[0])}
    in_stock = served.mask([FORKS[0], FORKS[2], SPOONS[0]])
    assert products(served.similar(FORKS[0], 1, in_stock)) == [FORKS[2]]
    unknown = served.similar(424242, 4)
    assert {one.reason for one in unknown} == {"popular"}


def test_what_is_bought_most_of_late_comes_first_again_once_it_has_rested() -> None:
    market = Interactions.from_columns(
        [1] * 7 + [2],
        [10, 10, 10, 11, 12, 12, 13, 14],
        occurred_at=[0.0, 30.0, 60.0, 61.0, 40.0, 70.0, 99.0, 99.0],
        is_purchase=[True] * 6 + [False, True],
    )
    arrays = stored(ALS(factors=2).fit(market), market)
    monthly = arrays | {"rest_days": np.array([30, 30, 30, 30, np.inf], np.float32)}
    served = Recommendations.over("", "ials", monthly)
    assert products(served.again(1, 9, today=101.0)) == [10, 12, 11]
    assert products(served.again(1, 2, today=101.0)) == [10, 12]
    assert products(served.again(1, 9, today=95.0)) == [10, 11]
    assert products(served.again(1, 9, today=101.0, recent_purchases={10: 100.0})) == [12, 11]
    assert products(served.again(1, 9, today=101.0, available=served.mask([11]))) == [11]
    assert served.again(2, 9, today=999.0) == []
    assert served.again(None, 9, today=999.0) == []
    assert products(served.again(None, 9, today=999.0, recent_purchases={11: 100.0})) == [11]


def test_a_neighbourhood_gives_its_evidence_too(tmp_path: Path) -> None:
    served = Recommendations.open(artifact_of(tmp_path, ItemKNN(shrinkage=1.0), two_tables()))
    best, last = (served.for_shopper(17, 9)[place] for place in (0, -1))
    assert (best.product_id, best.reason) == (FORKS[0], "bought")
    assert best.evidence_product_id in FORKS[1:]
    assert (last.reason, last.evidence_product_id) == ("popular", None)


def test_a_popularity_artifact_answers_everyone(tmp_path: Path) -> None:
    served = Recommendations.open(artifact_of(tmp_path, Popularity(), two_tables()))
    assert set(products(served.for_shopper(None, 4))) == set(SPOONS)
    assert served.for_shopper(0, 1, recent_views=[FORKS[0]])[0].reason == "popular"


def test_a_recipe_without_arrays_is_refused() -> None:
    market = two_tables()
    with pytest.raises(ParametersInvalid, match="implicit_als"):
        stored(ImplicitALS(factors=2).fit(market), market)


@pytest.mark.parametrize("k", [0, -1, 1_001])
def test_k_is_bounded(spoons_and_forks: Recommendations, k: int) -> None:
    with pytest.raises(ParametersInvalid):
        spoons_and_forks.for_shopper(17, k)


def test_an_artifact_without_its_arrays_is_corrupt(tmp_path: Path) -> None:
    partial = artifacts.write(
        tmp_path,
        KIND,
        recipe="ials",
        parameters={},
        seed=0,
        data_window=two_tables().window(),
        metrics={},
        parent=None,
        arrays={"popularity": np.ones(3, np.float32)},
    )
    with pytest.raises(ArtifactCorrupt, match="shopper_pseudonyms"):
        Recommendations.open(partial)


def test_an_answer_over_100_000_items_takes_milliseconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    events = 200_000
    market = Interactions.from_columns(rng.integers(0, 5_000, events), np.arange(events) % 100_000)
    served = Recommendations.open(artifact_of(tmp_path, ALS(factors=16, iterations=1), market))
    shopper = int(market.shoppers[0])
    served.for_shopper(shopper, 20)
    took = []
    for _ in range(20):
        begin = perf_counter()
        served.for_shopper(shopper, 20)
        took.append(perf_counter() - begin)
    assert min(took) < 0.02
