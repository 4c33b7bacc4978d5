"""Where several vendors offer one product: which offer is sold, and why. Pure.

The rule: the offer that costs the shopper least in all is chosen. To what is paid, shipping
included, it adds 1 % of the price per day until the promised delivery, half of the price times the
vendor's share of late orders, and the whole price times its share of cancelled ones. Offers without
enough units, or not shipped there, stand last. Ties go to the lower payment, the earlier day, the
offer that came first.

A vendor's shares are those of 30 days with 20 orders of an ordinary vendor added, so that the first
late order of a new vendor does not condemn it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from transactional import money
from transactional.checkout import delivery
from transactional.checkout.offered import Offered
from transactional.checkout.rules import Moment, Rules
from transactional.checkout.shipping import ShippingUnavailableError

# All in ten-thousandths.
DAY_RATE = 100
LATE_RATE = 5_000
CANCELLED_RATE = 10_000
ORDINARY_LATE_SHARE = 400
ORDINARY_CANCELLED_SHARE = 250
ORDINARY_ORDERS = 20

Obstacle = Literal["lacks_units", "not_shipped_there"]
OBSTACLES: dict[Obstacle, str] = {
    "lacks_units": "It has fewer units than wanted.",
    "not_shipped_there": "Its vendor does not ship it there.",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that is for sale, and its vendor's record of 30 days."""

    offer: Offered
    orders: int
    late_orders: int
    cancelled_orders: int


@dataclass(frozen=True, slots=True)
class Score:
    """What an offer costs the shopper in all; `price_cents` is after its discount."""

    price_cents: int
    shipping_cents: int
    latest_date: date | None
    waiting_cents: int
    unreliability_cents: int

    @property
    def paid_cents(self) -> int:
        return self.price_cents + self.shipping_cents

    @property
    def total_cents(self) -> int:
        return self.paid_cents + self.waiting_cents + self.unreliability_cents


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first without an obstacle is chosen; one that is not shipped there has no score."""

    candidate: Candidate
    score: Score | None
    obstacle: Obstacle | None
    is_chosen: bool
    why: str


def rank(
    candidates: Iterable[Candidate], quantity: int, country: str | None, rules: Rules, at: Moment
) -> list[Ranked]:
    """All `candidates` for `quantity` units to `country` (None: each vendor's own), best first."""
    scored = [(each, _score(each, quantity, country, rules, at)) for each in candidates]
    judged = [(each, score, _obstacle(each, score, quantity)) for each, score in scored]
    judged.sort(key=lambda entry: _place(*entry))
    return [
        Ranked(each, score, obstacle, place == 0 and obstacle is None, _why(judged, place))
        for place, (each, score, obstacle) in enumerate(judged)
    ]


def _score(
    candidate: Candidate, quantity: int, country: str | None, rules: Rules, at: Moment
) -> Score | None:
    offer = candidate.offer
    destination = country or offer.vendor_country
    try:
        parcel = delivery.parcel(rules, offer, offer.weight_grams * quantity, destination, at)
    except ShippingUnavailableError:
        return None
    listed = offer.price_cents * quantity
    price = listed - money.share(listed, rules.terms(offer, destination, at).discount_rate)
    days = (parcel.deliver_by_date - at.day).days if parcel.deliver_by_date else 0
    return Score(
        price_cents=price,
        shipping_cents=parcel.fee_cents,
        latest_date=parcel.deliver_by_date,
        waiting_cents=money.share(price, DAY_RATE * days),
        unreliability_cents=_unreliability(candidate, price),
    )


def _unreliability(candidate: Candidate, price_cents: int) -> int:
    late = _share(candidate.late_orders, candidate.orders, ORDINARY_LATE_SHARE)
    cancelled = _share(candidate.cancelled_orders, candidate.orders, ORDINARY_CANCELLED_SHARE)
    return money.share(price_cents, money.share(late, LATE_RATE)) + money.share(
        price_cents, money.share(cancelled, CANCELLED_RATE)
    )


def _share(failed: int, orders: int, ordinary_share: int) -> int:
    return (failed * 10_000 + ordinary_share * ORDINARY_ORDERS) // (orders + ORDINARY_ORDERS)


def _obstacle(candidate: Candidate, score: Score | None, quantity: int) -> Obstacle | None:
    if score is None:
        return "not_shipped_there"
    return "lacks_units" if candidate.offer.available_units < quantity else None


def _place(
    candidate: Candidate, score: Score | None, obstacle: Obstacle | None
) -> tuple[bool, bool, int, int, date, int]:
    key = candidate.offer.offer_id
    if score is None:
        return True, True, 0, 0, date.max, key
    latest = score.latest_date or date.max
    return obstacle is not None, False, score.total_cents, score.paid_cents, latest, key


def _why(judged: Sequence[tuple[Candidate, Score | None, Obstacle | None]], place: int) -> str:
    _, score, obstacle = judged[place]
    _, best, _ = judged[0]
    if obstacle is not None or score is None or best is None:
        return OBSTACLES[obstacle or "not_shipped_there"]
    if place == 0:
        return "It costs least in all: price, shipping, waiting and the vendor's record."
    return (
        f"It costs {score.total_cents - best.total_cents} cents more in all than the chosen one:"
        f" price and shipping {score.paid_cents - best.paid_cents:+d},"
        f" waiting {score.waiting_cents - best.waiting_cents:+d},"
        f" the vendor's record {score.unreliability_cents - best.unreliability_cents:+d}."
    )
