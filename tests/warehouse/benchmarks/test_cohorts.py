from warehouse.benchmarks.cohorts import (
    PRICE_EDGES,
    VOLUME_EDGES,
    Activity,
    assigned,
    banded,
    bounds,
    upwards,
)


def test_a_new_shop_goes_where_its_figures_lie() -> None:
    assert assigned(Activity(7, 1.0, 2_499, 100), None) == (7, 1, 2)


def test_a_shop_at_an_edge_does_not_hop() -> None:
    price, bands = 1, []
    for cents in (2_400, 2_600, 2_450, 2_900, 3_100, 2_600, 2_100, 2_000):
        price = banded(cents, PRICE_EDGES, price)
        bands.append(price)
    assert bands == [1, 1, 1, 1, 2, 2, 2, 1]


def test_a_shop_far_beyond_an_edge_moves_at_once() -> None:
    assert banded(5_000, VOLUME_EDGES, 0) == len(VOLUME_EDGES)
    assert banded(1, VOLUME_EDGES, 3) == 0


def test_the_category_changes_only_when_another_is_clearly_ahead() -> None:
    assert assigned(Activity(8, 1.1, 2_000, 50), (7, 1, 1))[0] == 7
    assert assigned(Activity(8, 1.3, 2_000, 50), (7, 1, 1))[0] == 8


def test_parents_lead_up_to_the_whole_marketplace() -> None:
    assert list(upwards((7, 1, 2))) == [(7, 1, 2), (7, 1), (7,), ()]


def test_bands_are_told_by_where_they_begin_and_end() -> None:
    assert bounds(PRICE_EDGES, 0) == (None, 1_000)
    assert bounds(PRICE_EDGES, 4) == (10_000, None)
