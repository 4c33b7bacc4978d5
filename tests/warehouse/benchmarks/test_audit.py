"""The rules counted anew in SQL: what they stop, and that each is asked."""

import pytest

from tests.warehouse.benchmarks.trading import JANUARY, Warehouse, forget
from warehouse.benchmarks import disclosure
from warehouse.benchmarks.closing import audit, close
from warehouse.benchmarks.storage import KEPT
from warehouse.errors import CheckFailed

# How each rule is broken: a cell shown, or a fact about it altered, behind the rules' back.
FAULTS = (
    ("fewer than 10 owners", """insert into marts.benchmarks by name
        select period_date, metric_id, '/0/1/' as cohort, 100 as step, 100 as median
        from marts.benchmarks"""),
    ("quartiles of fewer than 20 owners", """update marts.benchmarks set lower_quartile = median
        where metric_id = 'average_order_value'"""),
    ("a difference of cells leaves fewer than 10 owners", """update benchmarks.units
        set category_id = 1
        where owner_id = (select min(owner_id) from benchmarks.units)"""),
    ("a difference of cells over two months leaves fewer than 10", """delete from marts.benchmarks
        where period_date = '2026-01-01' and cohort <> '/';
        update benchmarks.units set category_id = 9
        where period_date = '2026-01-01'
        and owner_id = (select min(owner_id) from benchmarks.units)"""),
    ("one or two owners dominate a mean", """update marts.benchmarks set mean = median;
        update benchmarks.units set capped = 1e9
        where owner_id = (select min(owner_id) from benchmarks.units)"""),
    ("fewer than 3 owners changed since an earlier month", """delete from benchmarks.units
        where period_date = '2026-01-01'
        and owner_id = (select min(owner_id) from benchmarks.units)"""),
    ("a figure is not a multiple of its step", "update marts.benchmarks set median = median + 1"),
    # 450 and 380 of 940; the other 110 are more than 15 % of 450.
    ("one or two owners dominate a mean", """update marts.benchmarks set mean = median;
        update benchmarks.units set capped = case owner_id
            when (select min(owner_id) from benchmarks.units) then 450
            when (select max(owner_id) from benchmarks.units) then 380
            else 10
        end"""),
    ("a figure is not a multiple of its step", "update marts.benchmarks set mean = median + 1"),
    ("a figure is not a multiple of its step", """update marts.benchmarks
        set lower_quartile = median + 1, upper_quartile = null"""),
    ("a figure is not a multiple of its step", """update marts.benchmarks
        set upper_quartile = median + 1"""),
)  # fmt: skip


def test_closing_with_a_weakened_rule_is_stopped_by_the_audit_and_keeps_nothing(
    traded: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(traded)
    monkeypatch.setattr(disclosure, "OWNERS_FOR_MEDIAN", 2)
    with pytest.raises(CheckFailed, match="fewer than 10 owners"):
        close(traded)
    assert [traded.sql(f"select count(*) from {table}").fetchall() for table in KEPT] == [
        [(0,)]
    ] * 5


def test_an_earlier_month_closed_along_is_audited_too(
    traded: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(traded)

    def weaken(owners: int) -> None:
        monkeypatch.setattr(disclosure, "OWNERS_FOR_MEDIAN", owners)

    weaken(2)
    with pytest.raises(CheckFailed, match=r"[:;] fewer than 10 owners"):
        close(traded, lambda done: weaken(10 if done.month == JANUARY else 2))


@pytest.mark.parametrize(("broken", "fault"), FAULTS)
def test_the_audit_finds_a_cell_that_breaks_a_rule(
    broken: str, fault: str, traded: Warehouse
) -> None:
    audit(traded, JANUARY)
    traded.sql(fault)
    with pytest.raises(CheckFailed, match=broken):
        audit(traded, JANUARY)
