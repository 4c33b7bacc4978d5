"""The environment may name real servers, whole and in agreement with each other."""

import pytest

from rynek.local.addresses import Addresses, given
from rynek.local.errors import ConfigurationInvalidError, PortInvalidError
from rynek.local.ports import asked

STRIPE = {"STRIPE_API_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}
STAND_IN = {**STRIPE, "STRIPE_API_KEY": "sk_test_1", "STRIPE_API_BASE": "http://127.0.0.1:9"}


def test_an_environment_that_names_nothing_gives_nothing() -> None:
    assert given({"PATH": "/bin"}) == Addresses()
    assert Addresses().environment() == {}


def test_real_servers_come_out_as_they_went_in() -> None:
    environ = {
        "DATABASE_URL": "postgresql://rynek@db/rynek",
        "APP_DATABASE_URL": "postgresql://app@db/rynek",
        "PIPELINE_DATABASE_URL": "postgresql://reader@db/rynek",
        "REDIS_URL": "rediss://cache:6379/0",
        **STRIPE,
    }
    assert given(environ).environment() == environ
    assert given(STAND_IN).environment() == STAND_IN


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({"DATABASE_URL": "postgresql://rynek@db/rynek"}, "PIPELINE_DATABASE_URL"),
        ({"DATABASE_URL": "mysql://db"}, "DATABASE_URL"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"STRIPE_API_KEY": "sk_test_1"}, "STRIPE_WEBHOOK_SECRET"),
        ({**STAND_IN, "STRIPE_API_KEY": "sk_live_1"}, "STRIPE_API_BASE"),
        ({**STAND_IN, "STRIPE_API_BASE": "http://10.0.0.1:9"}, "loopback"),
        ({**STAND_IN, "STRIPE_API_BASE": "http://127.0.0.1.example.com"}, "loopback"),
    ],
)
def test_a_wrong_or_missing_variable_is_named(environ: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigurationInvalidError, match=key):
        given(environ)


@pytest.mark.parametrize("text", ["80", "65536", "a", "-1", "8000.5"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(PortInvalidError, match="RYNEK_DAGSTER_CODE_PORT"):
        asked("dagster-code", {"RYNEK_DAGSTER_CODE_PORT": text})
