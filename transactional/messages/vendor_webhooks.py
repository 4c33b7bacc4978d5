"""A vendor's webhooks: registered, signed, rotated, disabled after days of failure.

The signature is Stripe's scheme: `Rynek-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<t>.<body>">`,
one v1 for each secret that counts.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from transactional.database import Row, Transaction
from transactional.errors import NotFoundError, RefusedError
from transactional.messages import outbound
from transactional.people import vendors

MOST_PER_VENDOR = 10
OLD_SECRET_LASTS = timedelta(days=1)
COLUMNS = (
    "vendor_webhook_id, vendor_id, url, is_enabled, failing_since, failures, last_error, created_at"
)


class WebhookUnknownError(NotFoundError):
    """There is no such webhook, or it is not yours."""

    code = "webhook_unknown"


class TooManyWebhooksError(RefusedError):
    """A vendor has at most 10 webhooks; remove one first."""

    code = "too_many_webhooks"


class WebhookKnownError(RefusedError):
    """This address is registered already; rotate its secret where it was lost."""

    code = "webhook_known"


def register(
    connection: Transaction, vendor_id: int, url: str, now: datetime, *, may_be_local: bool
) -> Row:
    """The new webhook with its `secret`, which is told only here and on rotation.

    The address is checked again at each call, when its name is resolved. Raises
    AddressRefusedError, VendorUnknownError, TooManyWebhooksError, WebhookKnownError.
    """
    outbound.demand_callable(url, may_be_local=may_be_local)
    _lock_vendor(connection, vendor_id)
    if len(of_vendor(connection, vendor_id)) >= MOST_PER_VENDOR:
        raise TooManyWebhooksError
    row = connection.execute(
        "insert into vendor_webhooks (vendor_id, url, secret, retry_at, created_at)"
        f" values (%s, %s, %s, %s, %s) on conflict do nothing returning {COLUMNS}, secret",
        (vendor_id, url, _new_secret(), now, now),
    ).fetchone()
    if row is None:
        raise WebhookKnownError
    return row


def of_vendor(connection: Transaction, vendor_id: int) -> list[Row]:
    return connection.execute(
        f"select {COLUMNS} from vendor_webhooks where vendor_id = %s order by vendor_webhook_id",
        (vendor_id,),
    ).fetchall()


def read(connection: Transaction, vendor_webhook_id: int) -> Row:
    """Raises WebhookUnknownError."""
    row = connection.execute(
        f"select {COLUMNS} from vendor_webhooks where vendor_webhook_id = %s", (vendor_webhook_id,)
    ).fetchone()
    if row is None:
        raise WebhookUnknownError
    return row


def rotate(connection: Transaction, vendor_webhook_id: int, now: datetime) -> Row:
    """A new `secret`; the old one signs beside it for a day. Raises WebhookUnknownError."""
    row = connection.execute(
        "update vendor_webhooks set previous_secret = secret, previous_secret_until = %s,"
        f" secret = %s where vendor_webhook_id = %s returning {COLUMNS}, secret",
        (now + OLD_SECRET_LASTS, _new_secret(), vendor_webhook_id),
    ).fetchone()
    if row is None:
        raise WebhookUnknownError
    return row


def enable(connection: Transaction, vendor_webhook_id: int, now: datetime) -> Row:
    """Call it again from now on; what it missed meanwhile is not told. Raises
    WebhookUnknownError."""
    connection.execute(
        "update vendor_webhooks set is_enabled = true, failing_since = null, failures = 0,"
        " last_error = null, retry_at = %s where vendor_webhook_id = %s",
        (now, vendor_webhook_id),
    )
    return read(connection, vendor_webhook_id)


def remove(connection: Transaction, vendor_webhook_id: int) -> None:
    """Raises WebhookUnknownError."""
    connection.execute(
        "delete from notifications where channel = 'webhook' and status = 'due'"
        " and recipient = 'vwh_' || %s::bigint",
        (vendor_webhook_id,),
    )
    gone = connection.execute(
        "delete from vendor_webhooks where vendor_webhook_id = %s", (vendor_webhook_id,)
    )
    if gone.rowcount == 0:
        raise WebhookUnknownError


def signature(hook: Row, body: bytes, now: datetime) -> str:
    """The value of `Rynek-Signature` by the secrets that count now."""
    at = int(now.timestamp())
    counting = [hook["secret"]]
    if hook["previous_secret"] and now < hook["previous_secret_until"]:
        counting.append(hook["previous_secret"])
    return ",".join([f"t={at}", *(f"v1={_digest(secret, at, body)}" for secret in counting)])


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _new_secret() -> str:
    return f"rwh_{secrets.token_urlsafe(32)}"


def _lock_vendor(connection: Transaction, vendor_id: int) -> None:
    """Two registrations at once must not exceed the bound together."""
    found = connection.execute("select from vendors where vendor_id = %s for update", (vendor_id,))
    if found.rowcount == 0:
        raise vendors.VendorUnknownError
