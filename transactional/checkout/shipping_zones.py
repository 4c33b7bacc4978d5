"""Shipping zones and their steps of weight: made whole, ended whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from transactional.checkout import rule_book
from transactional.checkout.rule_book import RuleEndedError, RuleUnknownError
from transactional.checkout.shipping import Step
from transactional.database import Row, Transaction, statement
from transactional.errors import RefusedError


class StepsInvalidError(RefusedError):
    """The steps of a zone rise in weight; no two end at the same one."""

    code = "steps_invalid"


@dataclass(frozen=True, slots=True)
class NewZone:
    """`vendor_id` None: the market's own; no `countries`: everywhere else."""

    vendor_id: int | None
    name: str
    countries: Sequence[str]
    steps: Sequence[Step]


def create(connection: Transaction, new: NewZone, now: datetime) -> Row:
    """Raises StepsInvalidError, RuleTargetUnknownError, TooManyRulesError."""
    weights = [step.up_to_grams for step in new.steps]
    if not weights or sorted(set(weights)) != weights:
        raise StepsInvalidError(up_to_grams=weights)
    if new.vendor_id is not None:
        rule_book.refuse_too_many(connection, "shipping_zones", "valid_until", new.vendor_id, now)
    countries = sorted(set(new.countries))
    zone = {"vendor_id": new.vendor_id, "name": new.name, "countries": countries}
    zone_id: int = rule_book.insert(connection, "shipping_zones", zone)["shipping_zone_id"]
    connection.execute(
        "insert into shipping_rates (shipping_zone_id, up_to_grams, fee_cents, transit_days)"
        " select %s, * from unnest(%s::bigint[], %s::bigint[], %s::integer[])",
        (
            zone_id,
            weights,
            [step.fee_cents for step in new.steps],
            [step.transit_days for step in new.steps],
        ),
    )
    return read(connection, zone_id)


def end(connection: Transaction, zone_id: int, vendor_id: int | None, now: datetime) -> Row:
    """With `vendor_id` only that vendor's. Raises RuleUnknownError, RuleEndedError."""
    zone = read(connection, zone_id)
    if vendor_id is not None and zone["vendor_id"] != vendor_id:
        raise RuleUnknownError
    ended = connection.execute(
        "update shipping_zones set valid_until = %(now)s where shipping_zone_id = %(zone_id)s"
        " and (valid_until is null or valid_until > %(now)s)",
        {"zone_id": zone_id, "now": now},
    )
    if ended.rowcount == 0:
        raise RuleEndedError
    return read(connection, zone_id)


def read(connection: Transaction, zone_id: int) -> Row:
    """Raises RuleUnknownError."""
    rows = list_page(connection, None, zone_id - 1, 1)
    if not rows or rows[0]["shipping_zone_id"] != zone_id:
        raise RuleUnknownError
    return rows[0]


def list_page(connection: Transaction, vendor_id: int | None, after: int, limit: int) -> list[Row]:
    """Zones with their steps, by key; with `vendor_id` that vendor's and the market's."""
    return connection.execute(
        statement("shipping_zones_page"), {"vendor_id": vendor_id, "after": after, "limit": limit}
    ).fetchall()
