"""The installation's one currency and one time zone, decided once."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from transactional.database import Transaction
from transactional.errors import ConflictError, RefusedError, UnavailableError


class InstallationMissingError(UnavailableError):
    """This market has no currency yet; set it with PUT /v1/installation, or by an import."""

    code = "installation_missing"


class InstallationFixedError(ConflictError):
    """Currency and time zone cannot change any more; start a fresh installation for others."""

    code = "installation_fixed"


class TimeZoneUnknownError(RefusedError):
    """The time zone is no IANA name such as Europe/Warsaw."""

    code = "time_zone_unknown"


@dataclass(frozen=True, slots=True)
class Installation:
    currency: str
    time_zone: str


def read(connection: Transaction) -> Installation:
    """Raises InstallationMissingError."""
    row = connection.execute("select currency, time_zone from installation").fetchone()
    if row is None:
        raise InstallationMissingError
    return Installation(**row)


def ensure(connection: Transaction, wanted: Installation) -> Installation:
    """Create it where there is none; raises InstallationFixedError where there is another."""
    try:
        ZoneInfo(wanted.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise TimeZoneUnknownError(f"{wanted.time_zone!r} is no IANA time zone") from error
    connection.execute(
        "insert into installation (currency, time_zone) values (%s, %s) on conflict do nothing",
        (wanted.currency, wanted.time_zone),
    )
    if (present := read(connection)) != wanted:
        raise InstallationFixedError(currency=present.currency, time_zone=present.time_zone)
    return present
