"""The database as one request has it.

A vendor's or shopper's GET sees the rows that the database opens to them. Their effects happen
once the database has seen that they own what the path names. Each effect leaves an audit row.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from fastapi import Request

from transactional.access import audit, tenancy
from transactional.access.tenancy import Touched
from transactional.access.tokens import Caller
from transactional.database import Database, Transaction

READING = frozenset({"GET", "HEAD"})
# POSTs that change nothing, or what nobody asks about later.
NOT_AUDITED = frozenset({"/v1/quote", "/v1/introspect", "/v1/events"})
# The rows behind the ids in paths, by the parameter's name, mostly the key column's too.
TABLES: Mapping[str, str] = {
    "order_id": "orders",
    "vendor_order_id": "vendor_orders",
    "line_id": "order_lines",
    "offer_id": "offers",
    "vendor_id": "vendors",
    "shopper_id": "shoppers",
    "refund_id": "refunds",
    "dispute_id": "disputes",
    "transfer_id": "transfers",
    "transfer_reversal_id": "transfer_reversals",
    "promotion_id": "promotions",
    "shipping_zone_id": "shipping_zones",
    "catalogue_import_id": "catalogue_imports",
    "review_id": "reviews",
    "submission_id": "submissions",
    "closure_id": "vendor_closures",
    "webhook_id": "vendor_webhooks",
    "notification_id": "notifications",
}
KEY_COLUMNS = {"closure_id": "vendor_closure_id", "webhook_id": "vendor_webhook_id"}


class RequestDatabase(Database):
    """Borrows the pool of the app's database; who asks is known once `caller` has found it out."""

    def __init__(self, behind: Database, request: Request, clock: Callable[[], datetime]) -> None:
        self.url = behind.url
        self._behind = behind
        self._request = request
        self._clock = clock
        self._is_audited = request.method in READING or _route(request) in NOT_AUDITED

    def as_market(self) -> Database:
        return self._behind

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        who: Caller | None = getattr(self._request.state, "caller", None)
        with self._behind.transaction() as connection:
            if who is None:
                yield connection
            elif self._request.method in READING:
                tenancy.demand_seen(connection, who, touched(self._request.path_params))
                yield connection
            else:
                tenancy.demand_own(connection, who, touched(self._request.path_params))
                yield connection
                self._audit(connection, who)

    def note_replay(self) -> None:
        """What is answered was done by an earlier request, and audited then."""
        self._is_audited = True

    def _audit(self, connection: Transaction, who: Caller) -> None:
        """A request of several transactions is audited with the first that commits."""
        if self._is_audited:
            return
        action = f"{self._request.method} {_route(self._request)}"
        subject = " ".join(str(part) for part in self._request.path_params.values()) or None
        request_id = getattr(self._request.state, "request_id", None)
        entry = audit.Entry(self._clock(), who.role, who.principal, action, subject, request_id)
        audit.record(connection, [entry])
        self._is_audited = True


def touched(path_parameters: Mapping[str, object]) -> list[Touched]:
    """The tenants' rows that a path names; what is no id at all is for the route to refuse."""
    found = []
    for name, value in path_parameters.items():
        match = re.fullmatch(r"[a-z]{3}_([1-9][0-9]{0,17})", str(value), flags=re.ASCII)
        if name in TABLES and match:
            key_column = KEY_COLUMNS.get(name, name)
            found.append(Touched(name, TABLES[name], key_column, int(match[1])))
    return found


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "path", request.url.path))
