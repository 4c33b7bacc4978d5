import base64
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe as sdk
from hypothesis import given
from hypothesis import strategies as st

from rynek.local.stripe.form import decode
from rynek.local.stripe.refusals import InvalidParameter
from tests.rynek.local.stripe.standins import Standin, paid, vendor

NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
TREES = st.recursive(
    st.text("a1 é&=[]%+", max_size=5),
    lambda inner: (
        st.dictionaries(NAMES, inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def encoded(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Pairs as Stripe's SDKs write them."""
    if isinstance(value, str):
        return [(name, value)]
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    inner = [(f"{name}[{step}]" if name else str(step), item) for step, item in steps]
    return [pair for path, item in inner for pair in encoded(item, path)]


@given(st.dictionaries(NAMES, TREES, max_size=3))
def test_decoding_is_the_inverse_of_the_sdks_encoding(tree: dict[str, object]) -> None:
    assert decode(urlencode(encoded(tree))) == tree


def test_lists_of_hashes_and_appended_members_are_understood() -> None:
    body = "a[0][b]=1&a[1][b]=2&c[]=x&c[]=y&d[e][f]=&g=1%20%C3%A9"

    assert decode(body) == {
        "a": [{"b": "1"}, {"b": "2"}],
        "c": ["x", "y"],
        "d": {"e": {"f": ""}},
        "g": "1 é",
    }


@pytest.mark.parametrize("body", ["a=1&a[b]=2", "a]b=1", "[a]=1", "=1", "&".join(["a=1"] * 1001)])
def test_a_malformed_form_is_refused(body: str) -> None:
    with pytest.raises(InvalidParameter):
        decode(body)


def test_every_answer_carries_stripes_headers_and_the_version_it_really_speaks(
    standin: Standin,
) -> None:
    known = standin.http("GET", "/v1/balance", headers={"stripe-version": "2020-08-27"})
    unknown = standin.http("GET", "/v1/nothing")

    for answer in (known, unknown):
        assert answer.headers["request-id"].startswith("req_")
        assert answer.headers["stripe-version"] == sdk.api_version


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/customers", 404),
        ("GET", "/v1/charges/ch_none", 404),
        ("DELETE", "/v1/transfers/tr_1", 404),
        ("GET", "/v1/charges?limit=0", 400),
        ("GET", "/v1/charges?limit=101", 400),
        ("GET", "/v1/charges?starting_after=ch_none", 400),
        ("GET", "/v1/charges?colour=red", 400),
        ("GET", "/v1/events?type=charge.failed&types[0]=x", 400),
    ],
)
def test_what_does_not_exist_is_refused_in_stripes_envelope(
    standin: Standin, method: str, path: str, status: int
) -> None:
    answer = standin.http(method, path)

    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer sk_live_1", "Bearer pk_test_1", "Basic ???", "Bearer"]
)
def test_only_test_keys_are_taken(standin: Standin, authorization: str) -> None:
    answer = standin.http("GET", "/v1/balance", headers={"authorization": authorization})

    assert answer.status_code == 401
    assert "sk_test_" in answer.json()["error"]["message"]


def test_the_key_may_come_as_basic_authentication(standin: Standin) -> None:
    basic = base64.b64encode(b"sk_test_market:").decode()

    answer = standin.http("GET", "/v1/balance", headers={"authorization": f"Basic {basic}"})

    assert answer.status_code == 200


def test_a_foreign_host_name_is_not_answered(standin: Standin) -> None:
    assert standin.http("GET", "/v1/balance", headers={"host": "market.example"}).is_error


def test_an_endless_body_is_cut_off(standin: Standin) -> None:
    answer = standin.http("POST", "/v1/payment_intents", content=b"a" * (2 << 20))

    assert answer.status_code == 413


def test_pages_follow_each_other_in_both_directions(client: sdk.StripeClient) -> None:
    account = vendor(client)
    charge = str(paid(client).latest_charge)
    sent = [
        client.v1.transfers.create(
            {
                "amount": 100 + number,
                "currency": "usd",
                "destination": account,
                "source_transaction": charge,
            }
        ).id
        for number in range(5)
    ][::-1]

    listed = client.v1.transfers.list({"destination": account, "limit": 2})
    after = client.v1.transfers.list(
        {"destination": account, "limit": 2, "starting_after": sent[1]}
    )
    before = client.v1.transfers.list(
        {"destination": account, "limit": 2, "ending_before": sent[3]}
    )

    assert [one.id for one in listed.auto_paging_iter()] == sent
    assert ([one.id for one in after.data], after.has_more) == (sent[2:4], True)
    assert ([one.id for one in before.data], before.has_more) == (sent[1:3], True)


def test_lists_are_filtered_by_time_and_type(client: sdk.StripeClient) -> None:
    now = paid(client).created

    assert client.v1.payment_intents.list({"created": {"gte": now}}).data
    assert not client.v1.payment_intents.list({"created": {"gt": now + 3600}}).data
    kinds = {event.type for event in client.v1.events.list({"type": "charge.*"}).data}
    assert kinds
    assert all(kind.startswith("charge.") for kind in kinds)
    several = client.v1.events.list({"types": ["transfer.created", "payment_intent.succeeded"]})
    assert {event.type for event in several.data} <= {
        "transfer.created",
        "payment_intent.succeeded",
    }


def test_accounts_are_listed_and_an_event_can_be_looked_up(client: sdk.StripeClient) -> None:
    account = vendor(client)
    event = client.v1.events.list({"limit": 1}).data[0]

    assert client.v1.accounts.list({"limit": 1}).data[0].id == account
    assert client.v1.events.retrieve(event.id).type == event.type
