"""What the core reads from its environment; a wrong setting stops the start and says why."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from transactional.errors import ConfigurationInvalidError

TEST_KEY = "sk_test_"


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str
    redis_url: str
    stripe_api_key: str
    stripe_webhook_secret: str
    stripe_api_base: str | None = None
    """A loopback stand-in's address; None is Stripe itself."""
    requests_per_minute: int = 6_000
    """Of one principal, or of one address without a token; a service's token stands for many."""
    smtp_url: str | None = None
    mail_folder: Path | None = None
    """Where letters are written as files when there is no `smtp_url`."""
    mail_from: str = "market@localhost"
    operator_email: str | None = None
    are_webhooks_local: bool = False
    """Whether vendors' webhooks may be on this machine, over plain http: for a local market."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises ConfigurationInvalidError naming the key, its value and what was wanted."""
    key = _wanted(environment, "STRIPE_API_KEY", ("sk_", "rk_"))
    return Settings(
        database_url=_wanted(environment, "DATABASE_URL", ("postgresql://", "postgres://")),
        redis_url=_wanted(environment, "REDIS_URL", ("redis://", "rediss://", "unix://")),
        stripe_api_key=key,
        stripe_webhook_secret=_wanted(environment, "STRIPE_WEBHOOK_SECRET", ("whsec_",)),
        stripe_api_base=_stand_in_address(environment.get("STRIPE_API_BASE") or None, key),
        requests_per_minute=_count(environment, "REQUESTS_PER_MINUTE", 6_000),
        smtp_url=_smtp_address(environment.get("SMTP_URL") or None),
        mail_folder=Path(folder) if (folder := environment.get("MAIL_FOLDER")) else None,
        mail_from=_email(environment.get("MAIL_FROM") or "market@localhost", "MAIL_FROM"),
        operator_email=_email(environment.get("OPERATOR_EMAIL", ""), "OPERATOR_EMAIL") or None,
        are_webhooks_local=_flag(environment, "WEBHOOKS_MAY_BE_LOCAL"),
    )


def _wanted(environment: Mapping[str, str], name: str, beginnings: tuple[str, ...]) -> str:
    value = environment.get(name, "")
    if not value.startswith(beginnings):
        is_secret = name.startswith("STRIPE")
        shown = "a value with another beginning" if is_secret and value else repr(value)
        raise ConfigurationInvalidError(f"{name} is {shown}; wanted: {' or '.join(beginnings)}…")
    return value


def _count(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not (value.isascii() and value.isdigit()) or int(value) < 1:
        raise ConfigurationInvalidError(f"{name} is {value!r}; wanted: a whole number from 1")
    return int(value)


def _smtp_address(address: str | None) -> str | None:
    """The password in it is never shown."""
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigurationInvalidError(
            f"SMTP_URL begins with {parts.scheme!r}; wanted: smtp://… or smtps://… and a host"
        )
    return address


def _email(address: str, name: str) -> str:
    if address and not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ConfigurationInvalidError(f"{name} is {address!r}; wanted: one e-mail address")
    return address


def _flag(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "0")
    if value not in ("0", "1"):
        raise ConfigurationInvalidError(f"{name} is {value!r}; wanted: 0 or 1")
    return value == "1"


def _stand_in_address(address: str | None, key: str) -> str | None:
    if address is None:
        return None
    if not key.startswith(TEST_KEY):
        raise ConfigurationInvalidError(
            f"STRIPE_API_BASE is {address!r} beside a key that is no test key; "
            f"wanted: a {TEST_KEY}… key, or no STRIPE_API_BASE"
        )
    if not _is_loopback(urlsplit(address).hostname or ""):
        raise ConfigurationInvalidError(
            f"STRIPE_API_BASE is {address!r}; wanted: a loopback address such as http://127.0.0.1:12111"
        )
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
