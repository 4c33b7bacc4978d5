import numpy as np
import pytest
from scipy.sparse import csr_array

from models.evaluation import Catalogue, evaluate, temporal_split
from models.interactions import Interactions
from models.item_knn import ItemKNN
from models.strata import Stratum, by_stratum, pairs_of, pooled
from tests.models.markets import taste_market

# Shopper 0 bought item 0 long ago and item 1 lately; then buys 0 again, 2 for the first time.
TRAIN = Interactions.from_columns([0, 0, 1], [0, 1, 2], occurred_at=[0.0, 200.0, 100.0])
TRUTH = csr_array(np.array([[2.0, 0, 1], [0, 1, 0]], np.float32))
LISTS = np.array([[0, 1], [0, 2]], np.int32)
JUDGED = np.array([0, 1])


def test_every_sale_is_a_pair_and_a_hit_if_its_list_held_it() -> None:
    pairs = pairs_of(LISTS, TRUTH)
    assert list(zip(pairs.shoppers, pairs.items, pairs.hit, strict=True)) == [
        (0, 0, True),
        (0, 2, False),
        (1, 1, False),
    ]


def test_money_counts_what_was_bought_at_its_price() -> None:
    assert pairs_of(LISTS, TRUTH).money_share(TRUTH, np.array([3.0, 2.0, 2.0])) == 0.6


def test_sales_are_told_apart_by_shopper_item_and_vendor() -> None:
    strata = by_stratum(pairs_of(LISTS, TRUTH), TRAIN, TRAIN, JUDGED, np.array([0, 0, 1]))
    assert strata["bought before"] == {
        "bought before": Stratum(1, 1.0),
        "new to the shopper": Stratum(2, 0.0),
    }
    assert strata["item age"] == {
        "180 days and more": Stratum(1, 1.0),
        "28-179 days": Stratum(1, 0.0),
        "under 28 days": Stratum(1, 0.0),
    }
    assert strata["vendor size"]["middle"] == Stratum(1, 0.0)
    assert "history depth" not in strata  # Both are shallow: one stratum says nothing.


def test_depth_is_of_what_is_known_when_answering_not_of_what_was_learned_from() -> None:
    session = Interactions.from_columns(
        [0] * 6 + [1], [0, 1, 2, 3, 4, 5, 2], occurred_at=np.arange(7.0)
    )
    pairs = pairs_of(LISTS, csr_array((TRUTH.data, TRUTH.indices, TRUTH.indptr), shape=(2, 6)))
    assert by_stratum(pairs, TRAIN, session, JUDGED, None)["history depth"] == {
        "5-19": Stratum(2, 0.5),
        "1-4 events": Stratum(1, 0.0),
    }


def test_items_without_times_have_no_age() -> None:
    timeless = Interactions.from_columns([0, 0, 1], [0, 1, 2])
    assert "item age" not in by_stratum(pairs_of(LISTS, TRUTH), timeless, timeless, JUDGED, None)


def test_windows_are_pooled_by_their_pairs() -> None:
    one, other = {"age": {"new": Stratum(1, 1.0)}}, {"age": {"new": Stratum(3, 0.0)}}
    assert pooled([one, other]) == {"age": {"new": Stratum(4, 0.25)}}


def test_the_strata_of_a_name_add_up_to_all_hits() -> None:
    split = temporal_split(taste_market(), 70.0, task="all")
    vendors, worths = np.arange(120) % 7, np.ones(120)
    report = evaluate(
        ItemKNN().fit(split.train), split, task="all", catalogue=Catalogue(vendors, worths)
    )
    everything = report.of_market["gmv_hits@20"]
    for strata in report.strata.values():
        pairs = sum(stratum.pairs for stratum in strata.values())
        hits = sum(stratum.pairs * stratum.recall for stratum in strata.values())
        assert pairs == split.truth[split.judged].nnz
        assert hits / pairs == pytest.approx(everything)
    assert 0 < report.of_market["vendor_gini@20"] < 1
