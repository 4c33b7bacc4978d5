"""The ranker learns from what came next, and from nothing that came later."""

from dataclasses import replace

import numpy as np
import pytest

from models import lessons as lessons_module
from models.candidates import OWN
from models.content import ContentALS
from models.errors import ParametersInvalid
from models.evaluation import evaluate, temporal_split
from models.features import names
from models.history import Seen
from models.interactions import Interactions
from models.lessons import Lesson
from models.prices import PriceSteps
from models.ranker import SOURCES, Ranker
from models.recommendations import Recommendations, stored
from models.registry import recommender
from models.scorers import READERS, Together
from tests.models.markets import KETTLES, TEAS, taste_market, tea_and_kettles

QUICK = {"content_ials": {"factors": 4, "iterations": 3}, "rp3beta": {}, "session_knn": {}}


def ranker() -> Ranker:
    return Ranker(trees=30, sources={**QUICK, "category_popularity": {}})


@pytest.fixture(scope="module")
def market() -> Interactions:
    return tea_and_kettles()


@pytest.fixture(scope="module")
def taught(market: Interactions) -> Ranker:
    return ranker().fit(market)


def test_it_learns_that_tea_is_bought_again_and_a_kettle_is_not(
    market: Interactions, taught: Ranker
) -> None:
    best = market.products[taught.recommend(np.arange(market.n_shoppers), 1).items[:, 0]]
    own = np.array([TEAS[shopper % len(TEAS)] for shopper in market.shoppers])
    assert (best == own).mean() > 0.95
    # What ordered without it, iALS, would sell the kettle again.
    (alone, *_), _ = taught.panel.hear(taught.histories)
    assert set(market.products[alone.argmax(axis=1)]) <= set(KETTLES)


def planted(market: Interactions, shopper: int, product: int, day: float) -> Interactions:
    """The same market with fifty more purchases of one product at one moment."""
    more = 50
    return replace(
        market,
        rows=np.append(market.rows, np.full(more, shopper, np.int32)),
        columns=np.append(market.columns, np.full(more, product, np.int32)),
        weights=np.append(market.weights, np.ones(more, np.float32)),
        days=np.append(market.days, np.full(more, day)),
        baskets=np.append(market.baskets, np.full(more, -1)),
        purchases=np.append(market.purchases, np.ones(more, bool)),
    )


def taught_by(market: Interactions) -> list[Lesson]:
    """The latest first."""
    return list(replace(ranker(), horizon_days=20.0, lessons=2).taught(market))


@pytest.mark.parametrize("days_ago", [10.0, 20.0])
def test_a_future_event_changes_no_feature(market: Interactions, days_ago: float) -> None:
    """The latest lesson's moment is twenty days ago."""
    last = float(market.days.max())
    latest, earlier = taught_by(market)
    later, before = taught_by(planted(market, 3, 14, last - days_ago))
    np.testing.assert_array_equal(latest.features, later.features)
    for one, other in zip(earlier, before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("days_ago", [20.001, 30.0])
def test_an_event_of_the_past_changes_them(market: Interactions, days_ago: float) -> None:
    last = float(market.days.max())
    latest, earlier = taught_by(market)
    later, before = taught_by(planted(market, 3, 14, last - days_ago))
    assert not np.array_equal(latest.features, later.features)
    np.testing.assert_array_equal(earlier.features, before.features)


def priced(market: Interactions, day: float) -> Interactions:
    """The same market, one product's price tenfold from a day on."""
    assert market.listings is not None
    product = market.products[14]
    steps = PriceSteps.of([product, product], [0.0, day], [100, 1_000])
    return replace(market, listings=replace(market.listings, steps=steps))


def test_a_future_price_changes_no_feature_and_a_past_one_does(market: Interactions) -> None:
    last = float(market.days.max())
    as_it_was, _ = taught_by(priced(market, np.inf))
    later, _ = taught_by(priced(market, last - 10))
    np.testing.assert_array_equal(as_it_was.features, later.features)
    before, _ = taught_by(priced(market, last - 30))
    assert not np.array_equal(as_it_was.features, before.features)


def test_every_feature_has_a_name(market: Interactions) -> None:
    assert taught_by(market)[0].features.shape[1] == len(names(list(SOURCES)))


def test_with_too_few_shoppers_to_learn_from_the_first_source_orders_alone() -> None:
    market = tea_and_kettles(10)
    model, rows = ranker().fit(market), np.arange(10)
    alone = ContentALS(**QUICK["content_ials"]).fit(market)
    assert model.ordering.forest is None
    np.testing.assert_array_equal(model.score(rows), alone.score(rows))


def test_no_lesson_looks_into_the_window_that_judges(
    market: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest: list[float] = []
    lesson = lessons_module.lesson

    def watched(models: object, past: Interactions, *told: object) -> object:
        latest.append(float(past.days.max()))
        return lesson(models, past, *told)  # type: ignore[arg-type]

    monkeypatch.setattr(lessons_module, "lesson", watched)
    split = temporal_split(market, 80.0, task="all")
    report = evaluate(ranker().fit(split.train), split, task="all")
    assert len(latest) == 2
    assert max(latest) < float(split.train.days.max())
    assert report.by_shopper["ndcg@20"].mean() > 0.9


def served(market: Interactions, model: Ranker) -> Recommendations:
    return Recommendations.over("", model.recipe, stored(model, market))


def test_the_reason_is_evidence_of_the_source_that_carried_the_item(
    market: Interactions, taught: Ranker
) -> None:
    answers = served(market, taught)
    today = float(market.days.max()) + 60
    best, *others = answers.for_shopper(0, 8, exclude_bought=False, today=today)
    assert (best.reason, best.evidence_product_id) == ("bought", TEAS[0])
    mine = {int(p) for p in market.products[market.matrix[[0]].indices]}
    assert {one.evidence_product_id for one in others if one.reason == "bought"} <= mine


def test_the_parts_of_a_reason_add_up_to_the_carrying_sources_score(
    market: Interactions, taught: Ranker
) -> None:
    answers = served(market, taught)
    together = answers.answering
    assert isinstance(together, Together)
    history, allowed = answers._stored(0), np.ones(market.n_items, bool)
    moment = answers.trained_until
    heard = [source.hear(history, moment, allowed) for source in together.sources]
    scores = [one.scores[None] for one in heard]
    chosen = together.ordering.drawn(scores, Seen.one(history, moment, market.n_items), allowed)
    targets = chosen.items
    parts = together.hear(history, moment, allowed).contributions(targets)
    for row, item, places in zip(parts, targets, chosen.places, strict=True):
        source = int(places.argmax())
        if places.max() == 0:
            assert not row.any()
        elif source == OWN:
            assert row.sum() == 1
        else:
            # A model adds popularity to break ties, which no event carries.
            assert row.sum() == pytest.approx(heard[source - 1].scores[item], abs=1e-4)


def test_last_clicks_change_the_order_at_once() -> None:
    market = taste_market()
    answers = served(market, ranker().fit(market))
    # A shopper of one taste looks at products of another.
    clicks = [5_000 + 4 * at + 3 for at in range(8, 14)]
    before = answers.for_shopper(1_000, 10)
    after = answers.for_shopper(1_000, 10, recent_views=clicks)
    of_the_other = [sum(one.product_id % 4 == 3 for one in shown) for shown in (before, after)]
    assert of_the_other[1] > of_the_other[0]
    assert "viewed" in {one.reason for one in after}


def test_parameters_survive_a_manifest() -> None:
    model = ranker()
    shuffled = dict(sorted(model.sources.items()))
    again = recommender("ranker", {**model.parameters(), "sources": shuffled})
    assert [source.recipe for source in again.fresh()] == list(SOURCES)  # type: ignore[attr-defined]


def test_training_and_serving_hear_the_sources_in_one_order() -> None:
    assert list(READERS) == list(SOURCES)


@pytest.mark.parametrize(
    "wrong",
    [{"each": 0}, {"trees": -1}, {"sources": {}}, {"sources": {"tarot": {}}}, {"booster": "x"}],
)
def test_parameters_are_bounded(wrong: dict[str, object]) -> None:
    with pytest.raises(ParametersInvalid):
        Ranker(**wrong)  # type: ignore[arg-type]
