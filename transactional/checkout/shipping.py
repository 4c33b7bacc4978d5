"""What it costs to send a vendor's parcel, and how long it travels.

A vendor with zones of its own ships where they reach and nowhere else; one without uses the
market's. Where there are neither, every parcel ships for one flat fee.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from transactional import money
from transactional.errors import RefusedError
from transactional.ids import external


class ShippingUnavailableError(RefusedError):
    """A vendor does not ship this parcel there; send it elsewhere, or take its lines out."""

    code = "shipping_unavailable"


@dataclass(frozen=True, slots=True)
class Step:
    """The fee and the days in transit of a parcel of at most `up_to_grams`."""

    up_to_grams: int
    fee_cents: int
    transit_days: int


# Without a limit of weight: where nothing is configured, nothing is refused.
FLAT = Step(up_to_grams=2**63 - 1, fee_cents=money.FLAT_SHIPPING_CENTS, transit_days=3)


@dataclass(frozen=True, slots=True)
class Zone:
    """Countries and the steps of weight, lightest first; no countries: everywhere else."""

    shipping_zone_id: int
    vendor_id: int | None
    countries: tuple[str, ...]
    steps: tuple[Step, ...]
    valid_until: datetime | None = None


class Atlas:
    """The zones of every vendor, and under None the market's."""

    def __init__(self, zones: Iterable[Zone] = ()) -> None:
        self._zones: dict[int | None, list[Zone]] = {}
        for zone in sorted(zones, key=lambda zone: zone.shipping_zone_id):
            self._zones.setdefault(zone.vendor_id, []).append(zone)

    def step(self, vendor_id: int, country: str, grams: int, at: datetime) -> Step:
        """Raises ShippingUnavailableError."""
        zones = self._in_force(vendor_id, at) if vendor_id in self._zones else []
        zones = zones or self._in_force(None, at)
        if not zones:
            return FLAT
        zone = _reaching(zones, country)
        for step in zone.steps if zone else ():
            if grams <= step.up_to_grams:
                return step
        raise ShippingUnavailableError(
            vendor_id=external("ven", vendor_id),
            country=country,
            weight_grams=grams,
            largest_weight_grams=zone.steps[-1].up_to_grams if zone and zone.steps else 0,
        )

    def _in_force(self, vendor_id: int | None, at: datetime) -> list[Zone]:
        return [
            zone
            for zone in self._zones.get(vendor_id, ())
            if zone.valid_until is None or at < zone.valid_until
        ]


def _reaching(zones: Sequence[Zone], country: str) -> Zone | None:
    """The zone that names the country, else the one for everywhere else; the older of two."""
    named = (zone for zone in zones if country in zone.countries)
    elsewhere = (zone for zone in zones if not zone.countries)
    return next(named, None) or next(elsewhere, None)
