"""Which cohort a vendor's trade puts it in."""

from tests.warehouse.benchmarks.trading import MARCH, Warehouse
from warehouse.benchmarks.membership import freeze


def test_a_cohort_is_of_the_top_category_and_of_counted_trade_and_a_shop_at_an_edge_stays(
    traded: Warehouse,
) -> None:
    [at_edge, idle, silent] = traded.sql(
        "select vendor_id from marts.vendors order by vendor_id limit 3"
    ).fetchall()
    traded.sql("delete from benchmarks.members where period_date = '2026-03-01'")
    traded.sql("update benchmarks.members set price_band = 0")
    traded.sql("""
        insert into source.categories (category_id, parent_id, name) values (1, null, 'Kitchen'),
            (2, 1, 'Cups');
        update source.products set category_id = 2
    """)
    traded.sql(
        "delete from marts.order_lines where vendor_id = ? and order_date >= '2026-03-01'",
        params=[*idle],
    )
    traded.sql(
        "update marts.order_lines set is_counted = false where vendor_id = ?", params=[*silent]
    )
    freeze(traded, MARCH)
    members = traded.sql(
        """select vendor_id, category_id, price_band from benchmarks.members
           where period_date = '2026-03-01' order by vendor_id limit 3"""
    ).fetchall()
    # Its price of 10.00 is where the second band begins; 20.00 is in it, far from the edge.
    assert members[0] == (*at_edge, 1, 0)
    assert members[1] == (*idle, 1, 1), "it sold in January"
    assert silent[0] not in {vendor_id for vendor_id, *_ in members}


def test_a_shop_without_trade_for_three_months_is_in_no_cohort(traded: Warehouse) -> None:
    [(idle,)] = traded.sql("select min(vendor_id) from marts.vendors").fetchall()
    traded.sql("delete from benchmarks.members where period_date = '2026-03-01'")
    traded.sql(
        "update marts.order_lines set order_date = '2025-12-31' where vendor_id = ?", params=[idle]
    )
    freeze(traded, MARCH)
    assert len(members_of_march(traded)) == 12
    assert idle not in members_of_march(traded)


def test_where_a_shop_was_last_decides_whether_it_stays(traded: Warehouse) -> None:
    """Its price of 10.00 is where the second band begins; it was in that one before the first."""
    traded.sql("delete from benchmarks.members where period_date = '2026-03-01'")
    traded.sql("""
        insert into benchmarks.members by name
        select * replace (date '2026-02-01' as period_date, 0 as price_band)
        from benchmarks.members
    """)
    freeze(traded, MARCH)
    bands = members_of_march(traded)
    assert bands[min(bands)] == 0


def members_of_march(warehouse: Warehouse) -> dict[int, int]:
    """Each vendor's band of prices."""
    return dict(
        warehouse.sql("""
            select vendor_id, price_band from benchmarks.members where period_date = '2026-03-01'
        """).fetchall()
    )
