from datetime import timedelta

import pytest

from tests.transactional.market import TestMarket, Visit
from transactional.access import tokens
from transactional.access.tokens import (
    LifetimeInvalidError,
    Role,
    SubjectInvalidError,
    SubjectUnknownError,
)
from transactional.people import shoppers, vendors
from transactional.people.shoppers import NewShopper
from transactional.people.vendors import NewVendor, VendorChange

DAY = timedelta(days=1)


def test_a_token_says_its_role_and_is_stored_only_hashed(market: TestMarket) -> None:
    token = market.token("operator")
    assert token.startswith("rk_operator_")
    (row,) = market.rows("select * from tokens")
    assert row["token_hash"] == tokens.token_hash(token)
    assert token not in str(row)


@pytest.mark.parametrize(
    ("role", "subject"), [("shopper", None), ("vendor", None), ("operator", 1)]
)
def test_a_subject_belongs_to_shoppers_and_vendors_only(
    market: TestMarket, role: Role, subject: int | None
) -> None:
    with market.database.transaction() as connection, pytest.raises(SubjectInvalidError):
        tokens.mint(connection, role, subject, DAY)


def test_an_unknown_subject_gets_no_token(market: TestMarket) -> None:
    with market.database.transaction() as connection, pytest.raises(SubjectUnknownError):
        tokens.mint(connection, "vendor", 404, DAY)


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=401)])
def test_lifetimes_are_bounded(market: TestMarket, lifetime: timedelta) -> None:
    with market.database.transaction() as connection, pytest.raises(LifetimeInvalidError):
        tokens.mint(connection, "operator", None, lifetime)


def test_introspection_tells_a_service_who_a_living_token_is(
    market: TestMarket, visit: Visit
) -> None:
    shopper = market.shopper()
    token = market.token("shopper", shopper["shopper_id"])
    answer = visit("service").post("/v1/introspect", data={"token": token}).json()
    assert answer.pop("scope") is None
    assert answer.pop("exp") > market.clock().timestamp()
    assert answer == {
        "active": True,
        "role": "shopper",
        "sub": f"shp_{shopper['shopper_id']}",
        "shopper_pseudonym": shopper["shopper_pseudonym"],
        "own_vendors": [],
    }


def test_introspection_tells_which_shops_a_shopper_owns(market: TestMarket, visit: Visit) -> None:
    shop, _of_another = market.vendor(), market.vendor()
    owner_id = market.value("select owner_id from vendors where vendor_id = %s", shop)
    with market.database.transaction() as connection:
        named = VendorChange(email="Ada@Shop.example")
        vendors.change(connection, shop, named, market.clock())
        second = NewVendor("Second shop", None, "US", owner_id=owner_id)
        second_shop = vendors.create(connection, second, market.clock())
        ada = shoppers.create(connection, NewShopper("ada@shop.example", "Ada"))

    def own_vendors(token: str) -> list[str]:
        answer = visit("service").post("/v1/introspect", data={"token": token}).json()
        found: list[str] = answer["own_vendors"]
        return found

    assert own_vendors(market.token("shopper", ada["shopper_id"])) == [
        f"ven_{shop}",
        f"ven_{second_shop}",
    ]
    assert own_vendors(market.token("shopper", market.shopper()["shopper_id"])) == []
    assert own_vendors(market.token("vendor", shop)) == []


def test_an_expired_an_unknown_and_a_revoked_token_are_inactive(
    market: TestMarket, visit: Visit
) -> None:
    expired, revoked = market.token("operator"), market.token("operator")
    market.rows(
        "update tokens set expires_at = now() where token_hash = %s returning 1",
        tokens.token_hash(expired),
    )
    service = visit("service")
    assert visit("operator").post("/v1/revoke", data={"token": revoked}).json()["has_revoked"]
    for token in (expired, revoked, "rk_operator_nonsense"):
        assert not service.post("/v1/introspect", data={"token": token}).json()["active"]


def test_a_revoked_token_is_a_fact_under_its_hash(market: TestMarket, visit: Visit) -> None:
    token = market.token("operator")
    operator = visit("operator")
    for expected in (True, False):
        assert operator.post("/v1/revoke", data={"token": token}).json() == {
            "has_revoked": expected
        }
    (fact,) = market.rows("select key from outbox where type = 'token.revoked'")
    assert fact["key"] == tokens.token_hash(token).hex()


def test_nobody_revokes_a_strangers_token(market: TestMarket, visit: Visit) -> None:
    stranger = market.token("vendor", market.vendor())
    shopper = visit("shopper", market.shopper()["shopper_id"])
    assert not shopper.post("/v1/revoke", data={"token": stranger}).json()["has_revoked"]


def test_a_minted_token_is_shown_once_and_never_stored(market: TestMarket, visit: Visit) -> None:
    operator, headers = visit("operator"), {"Idempotency-Key": "k"}
    first = operator.post("/v1/tokens", json={"role": "service"}, headers=headers)
    assert first.status_code == 201
    again = operator.post("/v1/tokens", json={"role": "service"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "token_shown_once")
    assert first.json()["token"] not in str(market.rows("select * from idempotency_keys"))
