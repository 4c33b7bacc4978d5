"""Where the servers of an installation are, in the words of the environment."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from rynek.local.errors import ConfigurationInvalidError

TEST_KEY = "sk_test_"


@dataclass(frozen=True)
class Addresses:
    """Everything a process needs to reach the servers; empty is a server nobody asked for.

    `database_url` is the schema's owner, who migrates and imports; the core and its workers are
    given `app_database_url` as theirs, whose role owns nothing.
    An empty `stripe_api_base` beside a key is Stripe itself.
    """

    database_url: str = ""
    app_database_url: str = ""
    pipeline_database_url: str = ""
    redis_url: str = ""
    stripe_api_key: str = ""
    stripe_api_base: str = ""
    stripe_webhook_secret: str = ""

    def environment(self) -> dict[str, str]:
        """The environment variables for the processes of the installation."""
        return {name.upper(): value for name, value in asdict(self).items() if value}


def given(environ: Mapping[str, str] = os.environ) -> Addresses:
    """The real servers that the environment names in place of ours.

    Raises ConfigurationInvalidError where it names half of one, or a stand-in with a real key.
    """
    return Addresses(**given_postgres(environ), **given_redis(environ), **given_stripe(environ))


def given_postgres(environ: Mapping[str, str]) -> dict[str, str]:
    if not (url := environ.get("DATABASE_URL")):
        return {}
    require_scheme("DATABASE_URL", url, "postgresql")
    readers = required(environ, "PIPELINE_DATABASE_URL", "DATABASE_URL")
    require_scheme("PIPELINE_DATABASE_URL", readers, "postgresql")
    app = environ.get("APP_DATABASE_URL") or url
    require_scheme("APP_DATABASE_URL", app, "postgresql")
    return {"database_url": url, "app_database_url": app, "pipeline_database_url": readers}


def given_redis(environ: Mapping[str, str]) -> dict[str, str]:
    if not (url := environ.get("REDIS_URL")):
        return {}
    require_scheme("REDIS_URL", url, "redis", "rediss")
    return {"redis_url": url}


def given_stripe(environ: Mapping[str, str]) -> dict[str, str]:
    if not (key := environ.get("STRIPE_API_KEY")):
        return {}
    if base := environ.get("STRIPE_API_BASE") or "":
        require_stand_in(key, base)
    secret = required(environ, "STRIPE_WEBHOOK_SECRET", "STRIPE_API_KEY")
    return {"stripe_api_key": key, "stripe_api_base": base, "stripe_webhook_secret": secret}


def require_stand_in(key: str, base: str) -> None:
    """A stand-in passes for Stripe only on this machine and with a key that moves no money."""
    if not key.startswith(TEST_KEY):
        raise ConfigurationInvalidError(
            f"STRIPE_API_BASE is {base!r}, a stand-in, and STRIPE_API_KEY does not begin with "
            f"{TEST_KEY}. Unset STRIPE_API_BASE to reach Stripe itself, or give a test key."
        )
    if not is_loopback(urlsplit(base).hostname or ""):
        raise ConfigurationInvalidError(
            f"STRIPE_API_BASE is {base!r}; a stand-in is accepted on a loopback address only. "
            "Unset it to reach Stripe itself."
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def required(environ: Mapping[str, str], name: str, because_of: str) -> str:
    if value := environ.get(name):
        return value
    raise ConfigurationInvalidError(
        f"{name} is not set, and {because_of} is: set both, or neither to have a local server."
    )


def require_scheme(name: str, url: str, *schemes: str) -> None:
    if urlsplit(url).scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ConfigurationInvalidError(
            f"{name} begins with {url.split(':')[0]!r}; wanted {wanted}…"
        )
