"""What a month's cells are made of: each owner's contribution, and what was shown before."""

from datetime import date
from functools import partial

import pytest

from tests.warehouse.benchmarks.trading import MARCH, Warehouse, compared
from warehouse.benchmarks import kept


def test_shops_of_an_owner_are_one_value_and_fewer_than_ten_orders_are_nobodys(
    traded: Warehouse,
) -> None:
    contributions = partial(kept.contributions, traded, compared("average_order_value"), MARCH)
    assert len(contributions()) == 13
    [least, second, third, *_] = traded.sql(
        "select vendor_id from marts.vendors order by 1"
    ).fetchall()
    traded.sql(
        """update benchmarks.members set owner_id = (
               select owner_id from source.vendors where vendor_id = ?) where vendor_id = ?""",
        params=[*least, *second],
    )
    traded.sql(
        "delete from marts.vendor_orders where vendor_id = ? and order_date = '2026-03-01'",
        params=[*third],
    )
    found = contributions()
    assert len(found) == 11
    assert min(unit.value for unit in found) == 1_500, "ten orders of 10.00 and ten of 20.00"


def test_what_enters_means_is_winsorised(traded: Warehouse) -> None:
    [found] = traded.sql(
        """select min(value), max(value), min(capped), max(capped) from benchmarks.units
           where metric_id = 'average_order_value' and period_date = '2026-03-01'"""
    ).fetchall()
    assert found == pytest.approx((1_000, 13_000, 1_600, 12_400))  # 0.05 × 12 gaps of 1,000


def test_growth_is_beside_as_many_days_before(traded: Warehouse) -> None:
    traded.sql(
        """update marts.vendor_orders
           set order_date = order_date + 31, items_cents = items_cents // 2
           where order_date < '2026-02-01'"""
    )
    growths = kept.contributions(traded, compared("sales_growth"), MARCH)
    # The first vendor sold 50.00 in February, which is too little to tell.
    assert [unit.value for unit in growths] == [2.0] * 12


def test_a_month_is_held_to_what_the_twelve_before_have_shown(traded: Warehouse) -> None:
    def seen(month: date) -> int:
        return len(kept.shown_before(traded, "average_order_value", month))

    assert [seen(date(2027, month, 1)) for month in (1, 2, 3, 4)] == [2, 1, 1, 0]


def test_a_cell_without_a_mean_has_not_shown_one(traded: Warehouse) -> None:
    traded.sql("update marts.benchmarks set mean = if(cohort = '/', median, null)")
    [january] = kept.shown_before(traded, "average_order_value", MARCH)
    assert (january.cells, january.means) == ({(), (0,)}, {()})
