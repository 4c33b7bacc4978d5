"""Who may see what, and how a refusal looks."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from serving.app import create_app
from serving.errors import SettingMissing
from serving.settings import Settings
from tests.serving.conftest import Visit, small_market, visiting
from tests.serving.core import Core
from tests.serving.market import Market
from tests.serving.patience import until

METRICS = "/v1/vendors/ven_1/metrics"


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    return answer.status_code, body["code"]


@pytest.fixture
def published(market: Market) -> Market:
    market.publish()
    return market


@pytest.fixture(scope="module")
def vendor(core: Core, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("home")
    small_market(home).publish()
    with ExitStack() as stack:
        yield visiting(stack, core, home)("vendor", 1)


def test_each_role_sees_what_is_its_own(published: Market, core: Core, visit: Visit) -> None:
    shopper = core.shopper()["shopper_id"]
    assert code(visit().get(METRICS)) == (401, "unauthenticated")
    assert code(visit("vendor", 2).get(METRICS)) == (403, "foreign_figures")
    assert code(visit("shopper", shopper).get(METRICS)) == (403, "role_not_allowed")
    for path in ("metrics", "products", "recent-orders"):
        assert visit("vendor", 1).get(f"/v1/vendors/ven_1/{path}").is_success
        assert visit("operator").get(f"/v1/vendors/ven_1/{path}").is_success


def test_a_token_that_never_was_is_refused(published: Market, visit: Visit) -> None:
    answer = visit().get(METRICS, headers={"Authorization": "Bearer rk_vendor_nonsense"})
    assert code(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_is_forgotten_at_once(core: Core, visit: Visit, market: Market) -> None:
    market.publish(identity=core.rows("select market_identity() as identity")[0]["identity"])
    client = visit("vendor", 1)
    assert client.get(METRICS).is_success
    with core.relaying():
        core.revoke(client.headers["Authorization"].removeprefix("Bearer "))
        until(lambda: client.get(METRICS).status_code == 401, seconds=10)  # by itself after 30


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?from=2026-11-23&to=2026-11-01", (422, "dates_invalid")),
        ("?from=yesterday", (422, "dates_invalid")),
        ("?from=2020-01-01&to=2026-01-01", (422, "dates_invalid")),
        ("?metrics=revenue,luck", (422, "metric_unknown")),
        ("?metrics=,", (422, "metric_unknown")),
        ("?grain=fortnight", (422, "invalid_request")),
    ],
)
def test_bad_questions_get_a_problem_with_a_code(
    vendor: httpx.Client, query: str, expected: tuple[int, str]
) -> None:
    assert code(vendor.get(METRICS + query)) == expected


def test_unknown_vendors_and_addresses_are_told_apart(published: Market, visit: Visit) -> None:
    operator = visit("operator")
    assert code(operator.get("/v1/vendors/ven_99/metrics")) == (404, "vendor_unknown")
    assert code(operator.get("/v1/vendors/99/metrics")) == (404, "vendor_unknown")
    assert code(operator.get("/v1/nothing")) == (404, "route_unknown")


def test_without_a_snapshot_serving_says_what_is_missing(visit: Visit) -> None:
    client = visit("vendor", 1)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "rynek pipeline run" in ready.json()["missing"][0]
    assert client.get("/healthz").is_success
    assert code(client.get(METRICS)) == (503, "snapshot_unavailable")


def test_a_damaged_snapshot_leaves_the_good_one_served(published: Market, visit: Visit) -> None:
    client = visit("vendor", 1)
    good = client.get("/readyz").json()["snapshot_id"]
    bad = published.publish()
    (published.folder / bad.marts.path).write_bytes(b"not a database")
    (published.folder / "CURRENT.json").touch()
    until(lambda: "a newer snapshot cannot be served" in client.get("/readyz").text)
    assert client.get("/readyz").json()["snapshot_id"] in (good, bad.snapshot_id)
    assert client.get(METRICS).is_success


def test_a_missing_setting_stops_the_start_by_name() -> None:
    with pytest.raises(SettingMissing, match="CORE_URL"):
        Settings.from_environment({"REDIS_URL": "redis://127.0.0.1"})


def test_the_error_shape_is_the_one_of_the_core(core: Core) -> None:
    ours = create_app().openapi()["components"]["schemas"]["Problem"]
    theirs = httpx.get(f"{core.url}/openapi.json").json()["components"]["schemas"]["Problem"]
    assert ours["properties"].keys() == theirs["properties"].keys()
    assert ours["required"] == theirs["required"]
