"""Baskets and the models that live on their order."""

import numpy as np
import pytest

from models import protocols
from models.baskets import Baskets
from models.buy_again import BuyAgain
from models.errors import NothingToLearn, ParametersInvalid
from models.evaluation import evaluate
from models.interactions import Interactions
from models.popularity import Popularity
from models.recommender import Recommender
from models.session_knn import SessionKNN
from models.tifu_knn import TIFUKNN
from tests.models.markets import taste_market

BREAD, MILK, EGGS, SOAP = 10, 11, 12, 13


def pantry() -> Interactions:
    """Shopper 1 fills baskets 7, 9, 8 on days 1, 2, 3; shopper 2 fills basket 7 on day 2."""
    rows = [
        (1, BREAD, 7, 1.0),
        (1, MILK, 7, 1.0),
        (2, SOAP, 7, 2.0),
        (1, BREAD, 9, 2.0),
        (1, BREAD, 9, 2.0),
        (1, EGGS, 8, 3.0),
    ]
    shoppers, products, baskets, days = zip(*rows, strict=True)
    return Interactions.from_columns(shoppers, products, baskets=baskets, occurred_at=days)


def test_baskets_come_in_order_of_time_with_their_contents_once() -> None:
    baskets = Baskets.of(pantry())
    assert baskets.days.tolist() == [1.0, 2.0, 2.0, 3.0]
    assert baskets.shoppers.tolist() == [0, 0, 1, 0]
    assert baskets.steps_back.tolist() == [2, 1, 0, 0]
    assert baskets.contents.toarray().tolist() == [
        [1, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
    ]


def test_what_is_in_more_and_later_baskets_is_bought_again_first() -> None:
    ranking = BuyAgain(half_life_days=1.0).fit(pantry()).recommend(np.array([0]), 4)
    products = pantry().products[ranking.items[0]].tolist()
    assert products == [EGGS, BREAD, MILK, SOAP]
    np.testing.assert_allclose(ranking.scores[0, :3], [1.0, 0.75, 0.25], atol=1e-5)


def test_frequencies_fade_within_and_across_groups_of_baskets() -> None:
    histories = TIFUKNN(within=0.5, across=0.1, group_size=2).read(pantry()).toarray()
    # Baskets from the latest: eggs (1), bread (within 0.5), bread and milk (across 0.1); of three.
    np.testing.assert_allclose(histories[0], [0.6 / 3, 0.1 / 3, 1 / 3, 0.0], rtol=1e-6)


def test_tifu_mixes_the_own_frequencies_with_the_nearest_shoppers() -> None:
    market = taste_market(shoppers=30, products=20, events=6)
    model = TIFUKNN(neighbours=3, own_share=0.25).fit(market)
    histories = model.read(market).toarray()
    scores = model.score(np.arange(30))
    for row in (0, 11, 29):
        distance = ((histories - histories[row]) ** 2).sum(axis=1)
        near = np.argsort(distance, kind="stable")[:3]
        expected = 0.25 * histories[row] + 0.75 * histories[near].mean(axis=0)
        if np.isclose(np.sort(distance)[2], np.sort(distance)[3]):
            continue
        np.testing.assert_allclose(scores[row], expected, atol=1e-5)


def test_the_last_events_speak_loudest_and_old_ones_not_at_all() -> None:
    market = Interactions.from_columns([1] * 4, [10, 11, 12, 13], occurred_at=[1.0, 2, 3, 4])
    assert SessionKNN(length=2).read(market).toarray().tolist() == [[0, 0, 0.5, 1.0]]


def test_similar_sessions_vote_for_what_they_held() -> None:
    past = [(1, BREAD), (1, MILK), (2, BREAD), (2, MILK), (3, SOAP), (3, EGGS), (4, BREAD)]
    shoppers, products = zip(*past, strict=True)
    market = Interactions.from_columns(shoppers, products, baskets=shoppers)
    model = SessionKNN().fit(market)
    rows = np.array([3])
    ranking = model.recommend(rows, 1, exclude=market.matrix[rows])
    assert market.products[ranking.items[0, 0]] == MILK


def test_of_two_things_in_as_many_alike_sessions_the_rarer_one_says_more() -> None:
    past = [(1, BREAD), (1, MILK), (2, BREAD), (2, SOAP), (3, SOAP), (4, SOAP), (5, BREAD)]
    shoppers, products = zip(*past, strict=True)
    market = Interactions.from_columns(shoppers, products, baskets=shoppers)
    scores = dict(
        zip(market.products.tolist(), SessionKNN().fit(market).score(np.array([4]))[0], strict=True)
    )
    assert scores[MILK] / scores[SOAP] == pytest.approx((np.log(5) + 1) / (np.log(5 / 3) + 1))


def test_only_the_most_recent_sessions_of_an_item_are_asked() -> None:
    rows = [(1, BREAD, 1.0), (1, MILK, 1.0), (2, BREAD, 2.0), (2, SOAP, 2.0)]
    shoppers, products, days = zip(*rows, strict=True)
    market = Interactions.from_columns(shoppers, products, baskets=shoppers, occurred_at=days)
    model = SessionKNN(sessions_per_item=1).fit(market)
    scores = model.score_histories(market.matrix[[0]][:, :].multiply([[1, 0, 0]]).tocsr())
    assert scores[0, market.products.tolist().index(SOAP)] > 0
    assert scores[0, market.products.tolist().index(MILK)] == 0


def test_the_next_basket_protocol_hides_everyones_last_basket() -> None:
    split = protocols.next_basket()(pantry())
    assert split.judged.tolist() == [0]
    assert split.truth.toarray()[0].tolist() == [0, 0, 1, 0]
    assert split.train.n_events == 4


def test_the_session_protocol_learns_from_other_sessions_and_guesses_the_last_event() -> None:
    market = taste_market(shoppers=100, events=5)
    split = protocols.session()(market)
    assert not np.intersect1d(np.unique(split.train.rows), split.judged).size
    assert (np.diff(split.truth.indptr)[split.judged] == 1).all()
    for row in split.judged:
        late = split.known.days[split.known.rows == row].max()
        assert late < market.days[market.rows == row].max()


def test_rolling_origins_never_look_ahead() -> None:
    market = taste_market()
    latest, earlier = protocols.rolling(protocols.temporal(20.0), market, 20.0, 2)
    assert earlier.train.days.max() < latest.train.days.max() - 15.0


@pytest.mark.parametrize(
    "protocol", [protocols.temporal(5.0), protocols.next_basket(), protocols.session()]
)
def test_a_protocol_without_events_says_so(protocol: protocols.Protocol) -> None:
    with pytest.raises(NothingToLearn):
        protocol(Interactions.from_columns([], []))


def test_habits_are_found_in_the_next_basket() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for shopper in range(60):
        favourites = rng.choice(40, 4, replace=False)
        for week in range(6):
            bought = [*rng.choice(favourites, 2, replace=False), rng.integers(40)]
            rows += [
                (shopper, int(product), 100 * shopper + week, float(week)) for product in bought
            ]
    shoppers, products, baskets, days = zip(*rows, strict=True)
    market = Interactions.from_columns(shoppers, products, baskets=baskets, occurred_at=days)
    split = protocols.next_basket()(market)
    habit, taste, floor = (
        evaluate(model.fit(split.train), split, k=3, task="all").by_shopper["ndcg@3"].mean()
        for model in (BuyAgain(), TIFUKNN(neighbours=5), Popularity())
    )
    assert min(habit, taste) > 2 * floor


@pytest.mark.parametrize(
    ("model", "faulty"),
    [
        (BuyAgain, {"half_life_days": 0.0}),
        (TIFUKNN, {"own_share": 1.5}),
        (SessionKNN, {"length": 0}),
    ],
)
def test_parameters_outside_their_range_are_refused(
    model: type[Recommender], faulty: dict[str, float]
) -> None:
    with pytest.raises(ParametersInvalid):
        model(**faulty)
