from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from transactional import money
from transactional.checkout import delivery
from transactional.checkout.offered import Offered
from transactional.checkout.rules import Rules
from transactional.checkout.shipping import Atlas, ShippingUnavailableError, Step, Zone

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)  # a Friday
LIGHT, HEAVY = Step(1_000, 300, 2), Step(5_000, 900, 4)
VENDOR = 7


def zone(key: int, vendor: int | None, *countries: str, fee: int = 300, **more: datetime) -> Zone:
    return Zone(key, vendor, countries, (Step(1_000, fee, 2),), **more)


def fee(*zones: Zone, country: str = "DE", grams: int = 500) -> int:
    return Atlas(zones).step(VENDOR, country, grams, NOON).fee_cents


def test_a_parcel_pays_the_first_step_that_bears_its_weight() -> None:
    atlas = Atlas([Zone(1, None, (), (LIGHT, HEAVY))])
    fees = [atlas.step(VENDOR, "DE", grams, NOON).fee_cents for grams in (0, 1_000, 1_001, 5_000)]
    assert fees == [300, 300, 900, 900]


def test_a_parcel_that_is_too_heavy_is_refused_with_the_heaviest_that_is_not() -> None:
    with pytest.raises(ShippingUnavailableError) as refusal:
        fee(Zone(1, None, (), (LIGHT, HEAVY)), grams=5_001)
    assert refusal.value.details == {
        "vendor_id": "ven_7",
        "country": "DE",
        "weight_grams": 5_001,
        "largest_weight_grams": 5_000,
    }


def test_a_zone_that_names_the_country_comes_before_the_one_for_everywhere_else() -> None:
    assert fee(zone(1, None, fee=900), zone(2, None, "DE", "AT", fee=200)) == 200
    assert fee(zone(1, None, fee=900), zone(2, None, "AT", fee=200)) == 900


def test_a_vendors_own_zones_come_before_the_markets() -> None:
    assert fee(zone(1, None, "DE", fee=200), zone(2, VENDOR, fee=900)) == 900
    assert fee(zone(1, None, "DE", fee=200), zone(2, VENDOR + 1, fee=900)) == 200


def test_a_vendor_with_zones_ships_nowhere_else() -> None:
    with pytest.raises(ShippingUnavailableError):
        fee(zone(1, None, fee=200), zone(2, VENDOR, "AT"))


def test_an_ended_zone_is_none_and_without_any_there_is_one_flat_fee() -> None:
    ended = zone(1, VENDOR, valid_until=NOON)
    assert fee(ended, grams=10**9) == money.FLAT_SHIPPING_CENTS
    assert fee(zone(1, VENDOR, valid_until=NOON + timedelta(seconds=1))) == 300


def offer(*, within_days: int, weekdays: str = "{1,2,3,4,5}", closures: str = "{}") -> Offered:
    return Offered(
        1, 1, None, VENDOR, None, 100, 500, True, "DE", within_days, weekdays, closures, 1
    )


def promised(offer: Offered) -> tuple[date | None, date | None]:
    rules = Rules(1, "Europe/Warsaw", zones=(zone(1, None),))
    assert rules.zone == ZoneInfo("Europe/Warsaw")
    parcel = delivery.parcel(rules, offer, 500, "DE", rules.moment(NOON))
    return parcel.earliest_date, parcel.deliver_by_date


def test_delivery_is_estimated_by_the_vendors_working_days_and_the_days_in_transit() -> None:
    assert promised(offer(within_days=0)) == (date(2026, 3, 8), date(2026, 3, 8))
    assert promised(offer(within_days=2)) == (date(2026, 3, 8), date(2026, 3, 12))


def test_closed_days_put_the_estimate_off() -> None:
    monday_to_friday_off = offer(within_days=1, closures="{2026-03-06/2026-03-13}")
    assert promised(monday_to_friday_off) == (date(2026, 3, 18), date(2026, 3, 18))
