"""What the core reads from its environment; a wrong setting stops the start and says why."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
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


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises ConfigurationInvalidError naming the key, its value and what was wanted."""
    key = _wanted(environment, "STRIPE_API_KEY", ("sk_", "rk_"))
    return Settings(
        database_url=_wanted(environment, "DATABASE_URL", ("postgresql://", "postgres://")),
        redis_url=_wanted(environment, "REDIS_URL", ("redis://", "rediss://", "unix://")),
        stripe_api_key=key,
        stripe_webhook_secret=_wanted(environment, "STRIPE_WEBHOOK_SECRET", ("whsec_",)),
        stripe_api_base=_stand_in_address(environment.get("STRIPE_API_BASE") or None, key),
    )


def _wanted(environment: Mapping[str, str], name: str, beginnings: tuple[str, ...]) -> str:
    value = environment.get(name, "")
    if not value.startswith(beginnings):
        is_secret = name.startswith("STRIPE")
        shown = "a value with another beginning" if is_secret and value else repr(value)
        raise ConfigurationInvalidError(f"{name} is {shown}; wanted: {' or '.join(beginnings)}…")
    return value


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
