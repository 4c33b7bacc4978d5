from datetime import UTC, datetime, timedelta

from transactional.checkout import commission
from transactional.checkout.commission import CommissionRule
from transactional.checkout.validity import Book

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
VENDOR, TEA, DRINKS = 7, 30, 20  # tea is a kind of drink


def rule(
    key: int,
    vendor: int | None = None,
    category: int | None = None,
    *,
    begins: datetime = NOON - HOUR,
    ends: datetime | None = None,
) -> CommissionRule:
    return CommissionRule(key, vendor, category, 100 * key, begins, ends)


def chosen(*rules: CommissionRule, at: datetime = NOON) -> int | None:
    found = Book[CommissionRule, datetime](rules).first(
        commission.precedence(VENDOR, [TEA, DRINKS]), at
    )
    return found.commission_rule_id if found else None


def test_precedence_is_vendor_and_category_then_vendor_then_category_then_everything() -> None:
    everything, drinks, tea = rule(1), rule(2, None, DRINKS), rule(3, None, TEA)
    vendor, vendors_drinks = rule(4, VENDOR), rule(5, VENDOR, DRINKS)
    vendors_tea = rule(6, VENDOR, TEA)
    assert chosen(everything) == 1
    assert chosen(everything, drinks) == 2
    assert chosen(everything, drinks, tea) == 3
    assert chosen(everything, drinks, tea, vendor) == 4
    assert chosen(everything, drinks, tea, vendor, vendors_drinks) == 5
    assert chosen(vendors_tea, everything, drinks, tea, vendor, vendors_drinks) == 6


def test_rules_of_other_vendors_and_categories_do_not_reach_the_line() -> None:
    assert chosen(rule(1, VENDOR + 1), rule(2, None, 99), rule(3, VENDOR, 99)) is None


def test_a_rule_holds_from_its_beginning_until_just_before_its_end() -> None:
    only = rule(1, begins=NOON, ends=NOON + HOUR)
    instant = timedelta(microseconds=1)
    assert chosen(only, at=NOON - instant) is None
    assert chosen(only, at=NOON) == 1
    assert chosen(only, at=NOON + HOUR - instant) == 1
    assert chosen(only, at=NOON + HOUR) is None


def test_of_two_rules_about_the_same_the_one_that_began_later_counts() -> None:
    assert chosen(rule(1, begins=NOON - HOUR), rule(2, begins=NOON - 2 * HOUR)) == 1
    assert chosen(rule(1), rule(2)) == 2


def test_the_trace_tells_the_winner_and_why_each_other_lost() -> None:
    rules = [
        rule(1),
        rule(2, None, TEA),
        rule(3, VENDOR, begins=NOON + HOUR),
        rule(4, VENDOR, ends=NOON),
        rule(5, None, TEA, begins=NOON - 2 * HOUR),
        rule(6, None, 99),
    ]
    judged = commission.explain(rules, 2, VENDOR, [TEA, DRINKS], NOON)
    assert [(each.rule.commission_rule_id, each.outcome) for each in judged] == [
        (2, "applied"),
        (3, "not_begun"),
        (4, "ended"),
        (5, "began_earlier"),
        (1, "less_specific"),
    ]


def test_a_frozen_rule_stands_after_its_category_has_moved() -> None:
    judged = commission.explain(
        [rule(1, None, 99), rule(2, None, TEA), rule(3)], 1, VENDOR, [TEA], NOON
    )
    assert [(each.rule.commission_rule_id, each.outcome) for each in judged] == [
        (1, "applied"),
        (2, "category_moved"),
        (3, "category_moved"),
    ]


def test_a_line_of_the_standard_rate_has_no_winner() -> None:
    judged = commission.explain([rule(1, ends=NOON)], None, VENDOR, [TEA], NOON)
    assert [each.outcome for each in judged] == ["ended"]
