"""Whom notices reach and what they may mention: read for a whole page of facts at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from transactional import installation
from transactional.database import Row, Transaction, statement
from transactional.installation import Installation
from transactional.messages.notices import Notice


@dataclass(frozen=True, slots=True)
class Directory:
    """The orders, vendors, offers and submissions that some notices are about, by their keys."""

    market: Installation
    orders: dict[int, Row]
    vendors: dict[int, Row]
    offers: dict[int, Row]
    submissions: dict[int, Row]
    operator_email: str | None

    def recipients(self, notice: Notice) -> list[tuple[str, int | None]]:
        """Addresses, each with its vendor's id; nobody where no address is known."""
        if notice.audience == "operator":
            return [(self.operator_email, None)] if self.operator_email else []
        if notice.audience == "shopper":
            email = self._order(notice).get("shopper_email")
            return [(email, None)] if email else []
        named = (
            [notice.vendor_id] if notice.vendor_id else self._order(notice).get("vendor_ids", [])
        )
        return [
            (self.vendors[key]["email"], key)
            for key in named
            if key in self.vendors and self.vendors[key]["email"]
        ]

    def things(self, notice: Notice, vendor_id: int | None) -> dict[str, Any]:
        """What a template may name: `it` (the fact's payload), order, vendor, offer, submission."""
        return {
            "it": notice.it,
            "order": self._order(notice),
            "vendor": self.vendors.get(vendor_id or notice.vendor_id or 0, {}),
            "offer": self.offers.get(notice.offer_id or 0, {}),
            "submission": self.submissions.get(notice.submission_id or 0, {}),
        }

    def _order(self, notice: Notice) -> Row:
        return self.orders.get(notice.order_id or 0, {})


def read(
    connection: Transaction, notices: Sequence[Notice], operator_email: str | None
) -> Directory:
    """Four queries, however many notices. Raises InstallationMissingError."""
    orders = _rows(connection, "order", {notice.order_id for notice in notices})
    vendor_ids = {notice.vendor_id for notice in notices}
    vendor_ids |= {key for order in orders.values() for key in order["vendor_ids"]}
    return Directory(
        market=installation.read(connection),
        orders=orders,
        vendors=_rows(connection, "vendor", vendor_ids),
        offers=_rows(connection, "offer", {notice.offer_id for notice in notices}),
        submissions=_rows(connection, "submission", {notice.submission_id for notice in notices}),
        operator_email=operator_email,
    )


def _rows(connection: Transaction, thing: str, keys: Collection[int | None]) -> dict[int, Row]:
    rows = connection.execute(
        statement(f"{thing}s_told_of"), {"keys": sorted(key for key in keys if key is not None)}
    )
    return {row["key"]: row for row in rows}
