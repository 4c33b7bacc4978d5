"""Each rule on figures that one can check by hand."""

from collections.abc import Iterable

from warehouse.benchmarks.cells import Cell, Shown, published
from warehouse.benchmarks.cohorts import Path
from warehouse.benchmarks.disclosure import Unit, is_undominated


def units(values: Iterable[float], path: Path = (1, 1, 1), first_owner: int = 1) -> list[Unit]:
    return [
        Unit(owner_id, path, value, value) for owner_id, value in enumerate(values, first_owner)
    ]


def by_path(cells: Iterable[Cell]) -> dict[Path, Cell]:
    return {cell.path: cell for cell in cells}


TEN, TWENTY = [float(n) for n in range(100, 110)], [float(n) for n in range(100, 120)]


def test_ten_owners_have_a_median_and_twenty_have_quartiles() -> None:
    assert published(units(TEN[:9]), 1) == []
    ten, twenty = published(units(TEN), 1)[0], published(units(TWENTY), 1)[0]
    assert (ten.median, ten.lower_quartile, ten.owners_at_least) == (105, None, 10)
    assert (twenty.lower_quartile, twenty.median, twenty.upper_quartile) == (105, 110, 115)


def test_shops_of_one_owner_count_once() -> None:
    chain = [Unit(1, (1, 1, band), 100.0, 100.0) for band in range(5)]
    assert published([*chain, *units(TEN[:8], first_owner=2)], 1) == []
    assert published([*chain, *units(TEN[:9], first_owner=2)], 1) != []


def test_the_p_percent_rule() -> None:
    assert is_undominated(units([100] * 10))
    assert not is_undominated(units([1_000, *[1] * 9])), "the others are 9 of 1,009"
    # Only the two others below the first quartile are in doubt, each by at most 100; a quarter of
    # these 200 hides 15 % of 300, but not of 400, though nobody has half of the sum.
    assert is_undominated(units([300, *[100] * 9]))
    assert not is_undominated(units([400, *[100] * 9]))


def test_one_owner_has_at_most_half_and_two_at_most_four_fifths() -> None:
    few_large = [50.0, 40.0, *[1.2, 2.4, 3.1, 1.9, 2.8, 1.5, 2.2, 3.3]]
    assert not is_undominated(units(few_large))
    half = [12.0, 1.0, 1.1, 0.9, 1.2, 0.8, 1.3, 0.7, 1.4, 0.6]
    assert not is_undominated(units(half))
    many = [*[10.0] * 9, *[0.1] * 30]
    assert is_undominated(units([92.0, *many])), "92 of 185"
    assert not is_undominated(units([95.0, *many])), "95 of 188"


def test_shops_of_one_owner_dominate_together() -> None:
    chain = [Unit(1, (1, 1, band), 30.0, 30.0) for band in range(5)]
    others = units([10.0] * 14, first_owner=2)
    assert not is_undominated([*chain, *others]), "150 of 290"
    assert is_undominated(
        [unit._replace(owner_id=20 + band) for band, unit in enumerate(chain)] + others
    )


def test_a_mean_is_of_winsorised_values() -> None:
    outlier = Unit(20, (1, 1, 1), 1_000.0, 119.0)
    [cell, *_] = published([*units(TWENTY[:19]), outlier], 1)
    assert (cell.mean, cell.step) == (110, 5)  # of 109.5, not 153.55


def test_a_median_is_not_the_middle_owners_value() -> None:
    [cell, *_] = published(units([*[0.0] * 5, *[100.0] * 6]), 1)
    assert 50 < cell.median < 80, "the middle one's is 100, its neighbours' are 0 and 100"


def test_a_dominated_cell_keeps_its_median_and_has_no_mean() -> None:
    [cell, *_] = published(units([10_000, *[100.0] * 9]), 1)
    assert (cell.median, cell.mean) == (100, None)


def test_a_parent_less_its_children_leaves_nobody_alone() -> None:
    big, small = units([*TEN, *TEN], (1, 1, 1)), units([500.0], (2, 1, 1), first_owner=50)
    shown = by_path(published([*big, *small], 1))
    assert shown.keys() == {()}, "category 1 beside the marketplace would tell of the one owner"


def test_of_several_children_only_the_smallest_is_suppressed_too() -> None:
    alone = units([500.0], (3, 1, 1), first_owner=90)
    large, least = units([*TWENTY], (1, 1, 1)), units(TEN, (2, 1, 1), first_owner=50)
    shown = by_path(published([*large, *least, *alone], 1))
    assert (1,) in shown
    assert (2,) not in shown


def shown_of(month: list[Unit]) -> Shown:
    return Shown.of(month, published(month, 1))


def test_a_month_in_which_one_owner_came_is_not_shown_beside_the_month_before() -> None:
    before = units(TWENTY)
    one_more = units([*TWENTY, 400.0])
    assert published(before, 1, [shown_of(before)]) != []
    assert published(one_more, 1, [shown_of(before)]) == []
    assert published(units([*TWENTY, 400, 90]), 1, [shown_of(before)]) == []
    assert published(units([*TWENTY, 400, 90, 95]), 1, [shown_of(before)]) != []


def test_a_month_in_which_one_owner_opened_a_second_shop_is_not_shown_beside_the_month_before() -> (
    None
):
    before = units(TWENTY)
    second_shops = [Unit(owner_id, (1, 1, 2), 400.0, 400.0) for owner_id in (1, 2, 3)]
    one_more = by_path(published([*before, second_shops[0]], 1, [shown_of(before)]))
    assert one_more.keys() == {(1, 1, 1)}, "where nothing changed"
    chain = [Unit(1, (1, 1, band), 400.0, 400.0) for band in (2, 3, 4)]
    three_more = by_path(published([*before, *chain], 1, [shown_of(before)]))
    assert three_more.keys() == {(1, 1, 1)}, "three shops, but of one owner"
    assert () in by_path(published([*before, *second_shops], 1, [shown_of(before)]))


def test_a_mean_is_held_back_where_one_of_those_who_came_stands_out_of_them() -> None:
    before = units(TWENTY)
    one_large, alike = ([*TWENTY, *come] for come in ([400.0, 1.0, 1.0], [100.0] * 12))
    [whole, *_] = published(units(one_large), 1, [shown_of(before)])
    assert (whole.median, whole.mean) == (110, None), "400 of 402 came"
    [whole, *_] = published(units(alike), 1, [shown_of(before)])
    assert whole.mean is not None


def test_an_owner_whose_shop_moves_within_a_cell_changes_nothing_in_it() -> None:
    before = units(TWENTY)
    moved = [before[0]._replace(path=(1, 1, 2)), *before[1:]]
    assert () in by_path(published(moved, 1, [shown_of(before)]))


def test_what_is_not_shown_does_not_follow_from_its_parts_either() -> None:
    twelve, fifteen = units(TWENTY[:12], (1, 1, 1)), units(TWENTY[:15], (2, 1, 1), first_owner=50)
    before = Shown([*twelve, *fifteen], frozenset({()}), frozenset())
    newcomer = Unit(30, (1, 1, 1), 400.0, 400.0)
    shown = by_path(published([*twelve, newcomer, *fifteen], 1, [before])).keys()
    assert () not in shown, "one owner came"
    assert (2, 1, 1) in shown
    assert not {(1,), (1, 1), (1, 1, 1)} & shown, "both categories together are everybody"


def test_a_part_shown_later_leaves_nobody_alone_in_the_whole_shown_before() -> None:
    few, many = units(TEN[:3], (1, 1, 1)), units(TWENTY, (2, 1, 1), first_owner=50)
    before = Shown([*few, *many], frozenset({()}), frozenset())
    shown = by_path(published(many, 1, [before])).keys()
    assert shown == {()}, "the marketplace of the month before less category 2 is three owners"


def test_a_whole_shown_later_leaves_nobody_alone_beside_the_part_shown_before() -> None:
    few, many = units(TEN[:3], (1, 1, 1)), units(TWENTY, (2, 1, 1), first_owner=50)
    part = {(2,), (2, 1), (2, 1, 1)}
    before = Shown(many, frozenset(part), frozenset())
    shown = by_path(published([*few, *many], 1, [before])).keys()
    assert shown == part, "the marketplace less category 2 of the month before is three owners"


def test_an_owner_who_moves_to_another_cohort_is_seen_in_neither() -> None:
    here, there = units(TWENTY, (1, 1, 1)), units(TWENTY, (2, 1, 1), first_owner=50)
    mover = Unit(99, (1, 1, 1), 300.0, 300.0)
    before = [*here, *there, mover]
    now = [*here, *there, mover._replace(path=(2, 1, 1))]
    assert by_path(published(before, 1)).keys() >= {(), (1,), (2,)}
    assert by_path(published(now, 1, [shown_of(before)])).keys() == {()}


def test_a_rule_looks_back_beyond_a_month_that_was_not_shown() -> None:
    before, gap = units(TWENTY), shown_of(units(TEN[:3]))
    assert published(units([*TWENTY, 400.0]), 1, [shown_of(before), gap]) == []
