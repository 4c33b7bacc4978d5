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
    calendar = offer.open_weekdays, offer.closures, offer.ships_within_days
    dates = _delivery_dates(rules.zone, *calendar, at.day, step.transit_days)
    return Parcel(step.fee_cents, grams, step.transit_days, *dates)


@lru_cache(CALENDARS_REMEMBERED)
def _delivery_dates(
    zone: ZoneInfo,
    open_weekdays: str,
    closures: str,
    within_days: int,
    day: date,
    transit_days: int,
) -> tuple[date, date]:
    """When an order of `day` arrives at the earliest and the latest; vendors have few calendars."""
    calendar = Calendar(zone, _weekdays(open_weekdays), _closures(closures))
    noon = datetime.combine(day, NOON, zone)
    shipped = (calendar.end_of_working_day(noon, days) for days in (0, within_days))
    transit = timedelta(days=transit_days)
    earliest, latest = (calendar.day_of(moment) + transit for moment in shipped)
    return earliest, latest


def _weekdays(array: str) -> frozenset[int]:
    return frozenset(int(weekday) for weekday in _elements(array))


def _closures(array: str) -> tuple[tuple[date, date], ...]:
    spans = (span.split("/") for span in _elements(array))
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans)


def _elements(array: str) -> list[str]:
    """Of a Postgres array of plain words in its text."""
    return [element for element in array.strip("{}").split(",") if element]
