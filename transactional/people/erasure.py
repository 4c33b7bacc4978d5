"""Erasing a shopper (GDPR, article 17): who they are and what they did goes, for good.

Their orders stay for the books, without an address and under a new pseudonym that leads to nobody.
Nothing ties the old one to a person any more, wherever a copy of it is still kept.
"""

from datetime import datetime

from transactional.access import tokens
from transactional.database import Row, Transaction, statement
from transactional.errors import ConflictError
from transactional.facts import outbox
from transactional.ids import external
from transactional.people.shoppers import ShopperUnknownError

# Behaviour is not indexed by shopper, which every event would pay for: this reads all of it.
LONGEST = "set local statement_timeout = '110s'"


class ParcelUnderWayError(ConflictError):
    """A parcel of this shopper is still to be paid or shipped; cancel or ship it, then erase."""

    code = "parcel_under_way"


def erase(connection: Transaction, shopper_id: int, now: datetime) -> datetime:
    """Since when the shopper is erased; repeating changes nothing.

    Raises ShopperUnknownError, ParcelUnderWayError.
    """
    shopper = _locked(connection, shopper_id)
    erased_at: datetime | None = shopper["erased_at"]
    if erased_at is not None:
        return erased_at
    _demand_no_parcel(connection, shopper_id)
    connection.execute(LONGEST)
    tokens.revoke_all(connection, "shopper", shopper_id)
    asked = {**shopper, "subject": external("shp", shopper_id), "now": now}
    connection.execute(statement("erase_traces"), asked)
    renamed = connection.execute(statement("erase_shopper"), asked).fetchone()
    assert renamed is not None, "the row is locked above"
    asked["new_pseudonym"] = renamed["shopper_pseudonym"]
    parts = connection.execute(statement("erase_orders"), asked).fetchall()
    outbox.write_vendor_orders(connection, [part["vendor_order_id"] for part in parts], now)
    return now


def _locked(connection: Transaction, shopper_id: int) -> Row:
    row = connection.execute(
        "select shopper_id, shopper_pseudonym as pseudonym, email, erased_at from shoppers"
        " where shopper_id = %s for update",
        (shopper_id,),
    ).fetchone()
    if row is None:
        raise ShopperUnknownError
    return row


def _demand_no_parcel(connection: Transaction, shopper_id: int) -> None:
    under_way = connection.execute(
        "select vendor_order_id from vendor_orders join orders using (order_id)"
        " where shopper_id = %s and vendor_orders.status in ('pending_payment', 'paid')"
        " and source = 'live' limit 1",
        (shopper_id,),
    ).fetchone()
    if under_way is not None:
        raise ParcelUnderWayError(vendor_order_id=external("vor", under_way["vendor_order_id"]))
