"""The policy, held to its promises on any list of candidates."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from models.policy import Candidate, Policy, arrange, most_of_one

K = st.integers(1, 12)
POLICIES = st.builds(
    Policy,
    per_vendor=st.sampled_from([0.1, 0.3, 1.0]),
    per_category=st.sampled_from([0.2, 0.6, 1.0]),
    for_unseen=st.sampled_from([0.0, 0.1, 0.2]),
)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        product_id=st.integers(0, 40),
        vendor_id=st.integers(0, 5),
        category=st.sampled_from(["tea", "books", "mugs", None]),
        is_in_stock=st.sampled_from([True, True, True, False]),
        is_vendor_active=st.sampled_from([True, True, True, False]),
    ),
    max_size=30,
)
VENDORS = st.sets(st.integers(0, 5), max_size=2)


def allowed(candidates: list[Candidate], own: set[int]) -> list[Candidate]:
    """The first offer of each product that may be shown."""
    may_be_shown = [
        one
        for one in candidates
        if one.is_in_stock and one.is_vendor_active and one.vendor_id not in own
    ]
    products = [one.product_id for one in may_be_shown]
    return [one for n, one in enumerate(may_be_shown) if one.product_id not in products[:n]]


@given(CANDIDATES, K, POLICIES, VENDORS, VENDORS)
def test_only_what_may_be_shown_is_shown_in_the_models_order_and_the_list_is_full(
    candidates: list[Candidate], k: int, policy: Policy, own: set[int], unseen: set[int]
) -> None:
    shown = arrange(candidates, k, policy, own_vendors=own, unseen_vendors=unseen)
    may_be_shown = allowed(candidates, own)
    assert shown == [one for one in may_be_shown if one in shown]
    assert len(shown) == min(k, len(may_be_shown))


@given(CANDIDATES, K, POLICIES)
def test_a_cap_is_broken_only_when_nothing_else_is_left(
    candidates: list[Candidate], k: int, policy: Policy
) -> None:
    shown = arrange(candidates, k, policy)
    vendors = Counter(one.vendor_id for one in shown)
    categories = Counter(one.category for one in shown if one.category)
    vendor_cap, category_cap = (
        most_of_one(share, k) for share in (policy.per_vendor, policy.per_category)
    )
    left = [one for one in allowed(candidates, set()) if one not in shown]
    of_other_vendors = [one for one in left if vendors[one.vendor_id] < vendor_cap]
    of_others = [one for one in of_other_vendors if categories[one.category] < category_cap]
    assert not (of_other_vendors and max(vendors.values()) > vendor_cap)
    assert not (of_others and max(categories.values(), default=0) > category_cap)


@given(CANDIDATES, K, POLICIES, VENDORS)
def test_vendors_nobody_sees_get_the_places_kept_for_them(
    candidates: list[Candidate], k: int, policy: Policy, unseen: set[int]
) -> None:
    shown = arrange(candidates, k, policy, unseen_vendors=unseen)
    theirs = [one for one in allowed(candidates, set()) if one.vendor_id in unseen]
    wanted = min(int(k * policy.for_unseen), len(theirs))
    assert sum(one.vendor_id in unseen for one in shown) >= wanted


@given(CANDIDATES, K)
def test_without_caps_the_best_are_shown(candidates: list[Candidate], k: int) -> None:
    assert arrange(candidates, k, Policy(1.0, 1.0, 0.0)) == allowed(candidates, set())[:k]


def test_one_vendors_flood_leaves_room_for_the_others() -> None:
    flood = [Candidate(n, 1, "tea", True, True) for n in range(20)]
    others = [Candidate(100 + n, 2 + n, None, True, True) for n in range(7)]
    shown = arrange(flood + others, 10)
    assert Counter(one.vendor_id == 1 for one in shown) == {True: 3, False: 7}


def test_a_vendor_nobody_sees_gets_a_place_that_it_would_not_have_earned() -> None:
    seen = [Candidate(n, n, "tea", True, True) for n in range(20)]
    unseen = [Candidate(100 + n, 50, "tea", True, True) for n in range(3)]
    shown = arrange(seen + unseen, 10, unseen_vendors={50})
    assert [one.product_id for one in shown] == [*range(9), 100]
    assert arrange(seen + unseen, 10) == seen[:10]
