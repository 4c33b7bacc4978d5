"""Calls to vendors' webhooks: one at a time to each, many webhooks at once, in growing pauses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from transactional import claims
from transactional.database import Database, Row, Transaction
from transactional.errors import MarketError
from transactional.ids import external
from transactional.installation import read as read_installation
from transactional.messages import notifications, outbound, vendor_webhooks, wording
from transactional.messages.notices import Message
from transactional.pauses import Pauses

CALLS_AT_ONCE = 8
PAUSES = Pauses(first=timedelta(seconds=5), longest=timedelta(hours=6))
# Nothing but failures for so long: the address is given up, and its vendor told.
GIVEN_UP_AFTER = timedelta(days=5)
HEADERS = {"Content-Type": "application/json", "User-Agent": "Rynek-Webhooks/1"}


def send(database: Database, may_be_local: bool, now: datetime) -> int:
    """Make the calls that are due; returns how many were tried."""
    with database.transaction() as connection:
        claimed = notifications.claim(connection, "webhook", now)
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        outcomes = pool.map(lambda one: _call(one, may_be_local, now), claimed)
        return claims.each(
            "notification", claimed, lambda one: _settle(database, one, next(outcomes), now)
        )


def _call(claimed: Row, may_be_local: bool, now: datetime) -> MarketError | None:
    """What went wrong, if anything."""
    body = claimed["body"].encode()
    signed = {"Rynek-Signature": vendor_webhooks.signature(claimed, body, now)}
    try:
        outbound.post(claimed["url"], body, HEADERS | signed, may_be_local=may_be_local)
    except (outbound.CallFailedError, outbound.AddressRefusedError) as error:
        return error
    return None


def _settle(database: Database, claimed: Row, failure: MarketError | None, now: datetime) -> None:
    with database.transaction() as connection:
        if failure is None:
            notifications.mark_sent(connection, claimed, now)
            _forgive(connection, claimed)
        else:
            notifications.postpone(connection, claimed, str(failure), now)
            _blame(connection, claimed, str(failure), now)


def _forgive(connection: Transaction, claimed: Row) -> None:
    connection.execute(
        "update vendor_webhooks set failing_since = null, failures = 0, last_error = null"
        " where vendor_webhook_id = %s and failures > 0",
        (claimed["vendor_webhook_id"],),
    )


def _blame(connection: Transaction, claimed: Row, reason: str, now: datetime) -> None:
    failing_since = claimed["failing_since"] or now
    is_given_up = now - failing_since >= GIVEN_UP_AFTER
    retry_at = now + PAUSES.after(claimed["failures"] + 1)
    connection.execute(
        "update vendor_webhooks set failing_since = %s, failures = failures + 1, retry_at = %s,"
        " last_error = %s, is_enabled = is_enabled and not %s where vendor_webhook_id = %s",
        (failing_since, retry_at, reason, is_given_up, claimed["vendor_webhook_id"]),
    )
    if is_given_up:
        _drop_what_is_due(connection, claimed)
        _tell_vendor(connection, claimed | {"failing_since": failing_since}, reason, now)


def _drop_what_is_due(connection: Transaction, claimed: Row) -> None:
    connection.execute(
        "update notifications set status = 'failed', last_error = 'the webhook was disabled'"
        " where channel = 'webhook' and recipient = %s and status = 'due'",
        (external("vwh", claimed["vendor_webhook_id"]),),
    )


def _tell_vendor(connection: Transaction, hook: Row, reason: str, now: datetime) -> None:
    vendor = connection.execute(
        "select name, email from vendors where vendor_id = %s", (hook["vendor_id"],)
    ).fetchone()
    if vendor is None or not vendor["email"]:
        return
    things = {"vendor": vendor, "it": hook | {"last_error": reason}}
    words = wording.write("webhook_disabled", read_installation(connection), things)
    topic = f"{external('vwh', hook['vendor_webhook_id'])}:{hook['failing_since'].isoformat()}"
    letter = Message(
        channel="email",
        recipient=vendor["email"],
        kind="webhook_disabled",
        topic=topic,
        fact_id=None,
        vendor_id=hook["vendor_id"],
        subject=words.subject,
        body=words.body,
    )
    notifications.add(connection, [letter], now)
