"""Carts read at once, beside the documented bodies that everything else goes through."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from transactional.http import quick_carts
from transactional.http.cart_bodies import CartBody

LARGE = (f"off_{2**63 - 1}", f"off_{2**63}", f"prd_{2**64}")
ODD = ("off_0", "off_01", "off_1\n", "OFF_1", "1", "", 1, None)
IDS = st.sampled_from(["off_1", "off_9", "prd_3", "var_2", *ODD, *LARGE])
QUANTITIES = st.sampled_from([1, 2, 10_000, 10_001, 0, -1, 1.0, 1.5, "1", True, None, 2**70])
TEXTS = st.sampled_from(
    ["", "a", "Köln", "a\0b", "x" * 20, "x" * 21, "🦉" * 200, "x" * 201, 5, None]
)
COUNTRIES = st.sampled_from(["DE", "de", "DE\n", "DEU", "", "ÄÖ", 7, None])


def some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


LINES = some(
    {"offer_id": IDS, "product_id": IDS, "variant_id": IDS, "quantity": QUANTITIES}
    | {"price": st.just(1)}
)
SOUND_LINES = st.fixed_dictionaries(
    {"offer_id": st.sampled_from(["off_1", "off_2"]), "quantity": st.integers(1, 10_000)}
)
DESTINATIONS = st.none() | some(
    {"country": COUNTRIES}
    | dict.fromkeys(["name", "street", "postal_code", "city", "region"], TEXTS)
)
CARTS = some(
    {"lines": st.lists(LINES | SOUND_LINES, max_size=3), "ship_to": DESTINATIONS}
) | st.fixed_dictionaries(
    {"lines": st.lists(SOUND_LINES, min_size=1, max_size=201)}, optional={"ship_to": DESTINATIONS}
)


def documented(body: bytes) -> Any:
    try:
        cart = CartBody.model_validate_json(body)
    except ValidationError:
        return None
    return cart.wanted(), cart.destination(None)


@given(CARTS)
def test_what_is_read_at_once_is_read_as_documented(cart: dict[str, Any]) -> None:
    body = json.dumps(cart).encode()
    quick = quick_carts.read(body)
    assert quick is None or quick == documented(body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'"\xff"', b'{"lines": NaN}', b'{"lines": [], "lines": []}']
)
def test_what_is_no_cart_is_left_to_the_documented_body(body: bytes) -> None:
    assert quick_carts.read(body) is None


@pytest.mark.parametrize(
    "cart",
    [
        {"lines": [{"offer_id": "off_1", "quantity": 2}, {"product_id": "prd_2", "quantity": 1}]},
        {"lines": [{"product_id": "prd_2", "variant_id": "var_3", "quantity": 1}]},
        {
            "lines": [{"offer_id": "off_1", "quantity": 1}],
            "ship_to": {"country": "DE", "city": "Ł"},
        },
    ],
)
def test_a_sound_cart_is_read_at_once(cart: dict[str, Any]) -> None:
    body = json.dumps(cart).encode()
    read = quick_carts.read(body)
    assert read is not None
    assert read == documented(body)
