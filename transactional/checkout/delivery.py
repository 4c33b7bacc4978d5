"""When a vendor's parcel should arrive: its working days, then its days in transit.

Pure. The latest day is what the shopper is promised and what the order freezes.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from transactional.checkout.offered import Offered
from transactional.checkout.pricing import Parcel
from transactional.checkout.rules import Moment, Rules
from transactional.ordering.calendars import Calendar

NOON = time(12)
CALENDARS_REMEMBERED = 4_096


def parcel(rules: Rules, offer: Offered, grams: int, country: str, at: Moment) -> Parcel:
    """The parcel of `grams` that `offer`'s vendor sends to `country`.

    Raises ShippingUnavailableError.
    """
    step = rules.atlas.step(offer.vendor_id, country, grams, at.time)
    calendar = rules.zone, offer.open_weekdays, offer.closures
    transit = timedelta(days=step.transit_days)
    return Parcel(
        fee_cents=step.fee_cents,
        weight_grams=grams,
        transit_days=step.transit_days,
        earliest_date=_shipped_on(*calendar, 0, at.day) + transit,
        deliver_by_date=_shipped_on(*calendar, offer.ships_within_days, at.day) + transit,
    )


@lru_cache(CALENDARS_REMEMBERED)
def _shipped_on(
    zone: ZoneInfo, open_weekdays: str, closures: str, within_days: int, day: date
) -> date:
    """The last day on which an order of `day` is shipped; vendors have few calendars."""
    calendar = Calendar(zone, _weekdays(open_weekdays), _closures(closures))
    noon = datetime.combine(day, NOON, zone)
    return calendar.day_of(calendar.end_of_working_day(noon, within_days))


def _weekdays(array: str) -> frozenset[int]:
    return frozenset(int(weekday) for weekday in _elements(array))


def _closures(array: str) -> tuple[tuple[date, date], ...]:
    spans = (span.split("/") for span in _elements(array))
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans)


def _elements(array: str) -> list[str]:
    """Of a Postgres array of plain words in its text."""
    return [element for element in array.strip("{}").split(",") if element]
