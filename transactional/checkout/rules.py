"""All that a cart is priced by besides its offers: one value, kept in memory until it changes.

Every change of a rule counts market_rules.version up in its own transaction; a process that meets
a later version with the offers of a cart reads the rules anew before it prices the cart.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from threading import Lock
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from transactional import money
from transactional.checkout import commission, promotions, tax
from transactional.checkout.commission import CommissionRule
from transactional.checkout.offered import Offered
from transactional.checkout.pricing import Terms
from transactional.checkout.promotions import Promotion
from transactional.checkout.shipping import Atlas, Zone
from transactional.checkout.tax import CommissionTaxRate, TaxRate
from transactional.checkout.validity import Book
from transactional.database import Transaction, statement

# A rule that has just ended still prices a cart whose clock is a little behind.
CLOCKS_DIFFER_BY = timedelta(minutes=5)
MOST_REMEMBERED = 50_000


@dataclass(frozen=True)
class Rules:
    """The rules in force at one version, and those that begin later. Never changed."""

    version: int
    time_zone: str | None
    categories: tuple[tuple[int, int | None], ...] = ()
    commission: tuple[CommissionRule, ...] = ()
    taxes: tuple[TaxRate, ...] = ()
    commission_taxes: tuple[CommissionTaxRate, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    zones: tuple[Zone, ...] = ()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or "UTC")

    @cached_property
    def atlas(self) -> Atlas:
        return Atlas(self.zones)

    def lineage(self, category_id: int | None) -> tuple[int, ...]:
        """The category and its ancestors, the nearest first."""
        return () if category_id is None else self._lineages.get(category_id, (category_id,))

    def moment(self, now: datetime) -> "Moment":
        return Moment(now, now.astimezone(self.zone).date(), bisect_right(self._changes, now))

    def terms(self, offer: Offered, country: str, at: "Moment") -> Terms:
        """What a line of the offer is charged by when it goes to `country`."""
        way = f"{offer.vendor_country}>{country}"
        subject = at.day, at.period, offer.vendor_id, offer.category_id, way
        charged = self._charged.get(subject)
        if charged is None:
            if len(self._charged) >= MOST_REMEMBERED:
                self._charged.clear()
            charged = self._charged[subject] = self._charge(offer, country, at)
        is_promoting = offer.vendor_id in self._promoting
        promotion = self._promotion(offer, at.time) if is_promoting else None
        if promotion is None:
            return charged
        return replace(charged, promotion_id=promotion.promotion_id, discount_rate=promotion.rate)

    def _charge(self, offer: Offered, country: str, at: "Moment") -> Terms:
        """What every line of the vendor and the category pays."""
        lineage = self.lineage(offer.category_id)
        taxed = self._taxes.first(tax.precedence(country, lineage), at.day)
        ruled = self._commission.first(commission.precedence(offer.vendor_id, lineage), at.time)
        on_commission = self._commission_taxes.first((offer.vendor_country,), at.day)
        return Terms(
            tax_rate=taxed.rate if taxed else 0,
            is_tax_withheld=taxed.is_marketplace_tax if taxed else False,
            commission_rule_id=ruled.commission_rule_id if ruled else None,
            commission_basis=ruled.basis if ruled else "market",
            commission_rate=ruled.rate if ruled else money.COMMISSION_RATE,
            commission_tax_rate=on_commission.rate if on_commission else 0,
        )

    def _promotion(self, offer: Offered, at: datetime) -> Promotion | None:
        lineage = self.lineage(offer.category_id)
        reaching = promotions.reach(offer.vendor_id, offer.product_id, lineage)
        return promotions.largest(self._promotions.all(reaching, at))

    @cached_property
    def _charged(self) -> dict[tuple[date, int, int, int | None, str], Terms]:
        """Terms without a promotion, remembered: vendors, categories and countries recur."""
        return {}

    @cached_property
    def _promoting(self) -> frozenset[int]:
        return frozenset(promotion.vendor_id for promotion in self.promotions)

    @cached_property
    def _changes(self) -> list[datetime]:
        """When commission changes; between two of these moments it stays as it is."""
        begun = [rule.valid_from for rule in self.commission]
        return sorted(begun + [rule.valid_until for rule in self.commission if rule.valid_until])

    @cached_property
    def _lineages(self) -> dict[int, tuple[int, ...]]:
        parents = dict(self.categories)
        return {category_id: _lineage(category_id, parents) for category_id in parents}

    @cached_property
    def _commission(self) -> Book[CommissionRule, datetime]:
        return Book(self.commission)

    @cached_property
    def _taxes(self) -> Book[TaxRate, date]:
        return Book(self.taxes)

    @cached_property
    def _commission_taxes(self) -> Book[CommissionTaxRate, date]:
        return Book(self.commission_taxes)

    @cached_property
    def _promotions(self) -> Book[Promotion, datetime]:
        return Book(self.promotions)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, the market's day that it falls on, and how often commission has changed by then."""

    time: datetime
    day: date
    period: int


class _Memory:
    """The newest rules of the database that this process prices for; safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[str, Rules] | None = None

    def at_version(self, connection: Transaction, version: int, now: datetime) -> Rules:
        place = f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"
        if (found := self._recall(place, version)) is not None:
            return found
        with self._lock:
            found = self._recall(place, version) or _read(connection, now)
            self._known = place, found
        return found

    def _recall(self, place: str, version: int) -> Rules | None:
        known = self._known
        is_fresh = known is not None and known[0] == place and known[1].version >= version
        return known[1] if known is not None and is_fresh else None


_memory = _Memory()


def current(connection: Transaction, now: datetime | None = None) -> Rules:
    """The rules as the database has them now."""
    row = connection.execute("select version from market_rules").fetchone()
    assert row is not None, "the migration wrote the only row"
    return at_version(connection, row["version"], now or datetime.now(UTC))


def at_version(connection: Transaction, version: int, now: datetime) -> Rules:
    """Rules of at least this version, from memory where they are there."""
    return _memory.at_version(connection, version, now)


def _read(connection: Transaction, now: datetime) -> Rules:
    since = now - CLOCKS_DIFFER_BY
    row = connection.execute(statement("market_rules"), {"now": since}).fetchone()
    assert row is not None, "rules are never read in a tenant's transaction"
    return msgspec.json.decode(row["rules"], type=Rules)


def _lineage(category_id: int, parents: dict[int, int | None]) -> tuple[int, ...]:
    """Ends at a root, or where a damaged tree closes a circle."""
    lineage: list[int] = []
    step: int | None = category_id
    while step is not None and step not in lineage:
        lineage.append(step)
        step = parents.get(step)
    return tuple(lineage)
