from datetime import UTC, datetime

from transactional.checkout import routing
from transactional.checkout.offered import Offered
from transactional.checkout.promotions import Promotion
from transactional.checkout.routing import Candidate, Ranked
from transactional.checkout.rules import Rules
from transactional.checkout.shipping import Step, Zone

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES = Rules(1, "UTC")


def candidate(
    offer: int,
    price_cents: int = 10_000,
    *,
    within_days: int = 1,
    units: int = 10,
    record: tuple[int, int, int] = (0, 0, 0),
) -> Candidate:
    vendor = offer
    offered = Offered(
        offer, 1, None, vendor, None, price_cents, 500, True, "DE", within_days, "{1,2,3,4,5}",
        "{}", 1, available_units=units,
    )  # fmt: skip
    return Candidate(offered, *record)


def rank(*candidates: Candidate, quantity: int = 1, rules: Rules = RULES) -> list[Ranked]:
    return routing.rank(candidates, quantity, "DE", rules, rules.moment(MONDAY))


def order(ranked: list[Ranked]) -> list[int]:
    return [each.candidate.offer.offer_id for each in ranked]


def test_the_cheapest_of_equal_vendors_wins() -> None:
    ranked = rank(candidate(1, 10_000), candidate(2, 9_999))
    assert order(ranked) == [2, 1]
    assert [each.is_chosen for each in ranked] == [True, False]
    assert "price and shipping +1" in ranked[1].why


def test_shipping_counts_as_price() -> None:
    dear = Zone(1, 2, (), (Step(10_000, 2_000, 3),))
    cheap = Zone(2, 1, (), (Step(10_000, 100, 3),))
    rules = Rules(1, "UTC", zones=(dear, cheap))
    assert order(rank(candidate(1, 10_000), candidate(2, 9_000), rules=rules)) == [1, 2]


def test_a_promotion_counts() -> None:
    half_off = Promotion(1, 2, None, None, 5_000, MONDAY, MONDAY.replace(day=3))
    rules = Rules(1, "UTC", promotions=(half_off,))
    assert order(rank(candidate(1, 10_000), candidate(2, 19_000), rules=rules)) == [2, 1]


def test_each_day_of_waiting_weighs_one_percent_of_the_price() -> None:
    quick, slow = candidate(1, 10_250, within_days=1), candidate(2, 10_000, within_days=4)
    ranked = rank(quick, slow)
    assert order(ranked) == [1, 2]
    assert [each.score and each.score.waiting_cents for each in ranked] == [410, 700]


def test_a_record_of_late_and_cancelled_orders_weighs_in() -> None:
    late, reliable = candidate(1, record=(180, 90, 0)), candidate(2, record=(180, 0, 0))
    assert order(rank(late, reliable)) == [2, 1]
    cancelling = candidate(1, record=(180, 0, 20))
    assert order(rank(cancelling, reliable)) == [2, 1]


def test_one_late_order_does_not_condemn_a_new_vendor() -> None:
    assert order(rank(candidate(1, 9_500, record=(1, 1, 0)), candidate(2, 10_000))) == [1, 2]


def test_offers_without_the_units_or_not_shipped_there_stand_last_and_say_so() -> None:
    nowhere = Zone(1, 3, ("FR",), (Step(10_000, 0, 1),))
    rules = Rules(1, "UTC", zones=(nowhere,))
    ranked = rank(
        candidate(3, 1), candidate(2, 5_000, units=1), candidate(1), quantity=2, rules=rules
    )
    assert order(ranked) == [1, 2, 3]
    assert [each.obstacle for each in ranked] == [None, "lacks_units", "not_shipped_there"]
    assert [each.is_chosen for each in ranked] == [True, False, False]


def test_nothing_is_chosen_where_every_offer_has_an_obstacle() -> None:
    assert [each.is_chosen for each in rank(candidate(1, units=0), candidate(2, units=0))] == [
        False,
        False,
    ]


def test_a_tie_goes_to_the_offer_that_came_first_however_they_are_read() -> None:
    assert order(rank(candidate(2), candidate(1))) == order(rank(candidate(1), candidate(2)))
