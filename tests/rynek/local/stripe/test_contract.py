"""The checker itself: each kind of deviation must be caught."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from stripe.params import AccountCreateParams

from rynek.local.stripe.routes import VERBS
from tests.rynek.local.stripe.standins import Standin, vendor
from tests.stripe_contract import (
    ContractBreachError,
    Recorded,
    check_recording,
    described,
    folder,
    strange_parameters,
    strangers,
)


@pytest.fixture(scope="module")
def created(standin: Standin) -> Recorded:
    """A sound exchange: a transfer group on a PaymentIntent."""
    body = urlencode(
        {"amount": 500, "currency": "usd", "automatic_payment_methods[enabled]": "true"}
    )
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = standin.http("POST", "/v1/payment_intents", content=body, headers=form)
    return {
        "method": "POST",
        "path": "/v1/payment_intents",
        "query": "",
        "body": body,
        "status": answer.status_code,
        "answer": answer.text,
    }


def breaches(exchange: Recorded) -> list[str]:
    return [*described(folder()).breaches(exchange)]


def answering(exchange: Recorded, **members: Any) -> Recorded:
    return {**exchange, "answer": json.dumps(json.loads(exchange["answer"]) | members)}


def test_a_sound_exchange_passes(created: Recorded) -> None:
    assert breaches(created) == []


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"colour": "red"}, "colour"),
        ({"amount": "500"}, "not of type 'integer'"),
        ({"status": "paid"}, "paid"),
        ({"id": None}, "not of type 'string'"),
    ],
)
def test_an_answer_that_stripe_would_not_give_is_caught(
    created: Recorded, members: dict[str, Any], complaint: str
) -> None:
    assert any(complaint in breach for breach in breaches(answering(created, **members)))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("amount=500", "'currency' is a required property"),
        ("amount=five&currency=usd", "not of type 'integer'"),
        ("amount=500&currency=usd&colour=red", "colour"),
        ("amount=500&currency=usd&automatic_payment_methods[on]=true", "on"),
        ("amount=500&currency=usd&payment_method_types[0]=card", "withdrawn"),
    ],
)
def test_a_request_that_stripe_would_refuse_may_not_be_accepted(
    created: Recorded, body: str, complaint: str
) -> None:
    assert any(complaint in breach for breach in breaches({**created, "body": body}))


def test_an_unknown_route_may_not_be_answered(created: Recorded) -> None:
    assert breaches({**created, "path": "/v1/payment_intentions"})
    assert breaches({**created, "method": "DELETE"})


def test_the_object_inside_an_event_is_checked(standin: Standin) -> None:
    vendor(standin.client)
    standin.client.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    answer = standin.http("GET", "/v1/events?limit=1")
    body = answer.json()
    body["data"][0]["data"]["object"]["amount"] = "many"
    exchange: Recorded = {
        "method": "GET",
        "path": "/v1/events",
        "query": "limit=1",
        "body": "",
        "status": 200,
        "answer": json.dumps(body),
    }

    assert breaches({**exchange, "answer": answer.text}) == []
    assert any("many" in breach for breach in breaches(exchange))


def taken(standin: Standin, method: str, path: str) -> list[str]:
    """The parameters that a route takes, as it tells who sends it a strange one."""
    sent = {"data" if method == "POST" else "params": {"horoscope": "good"}}
    answer = standin.http(method, path, **sent)
    assert answer.json()["error"]["code"] == "parameter_unknown"
    told = answer.json()["error"]["message"].partition("The stand-in knows: ")[2]
    return [name for name in told.rstrip(".").split(", ") if name]


@pytest.mark.parametrize(("method", "path"), VERBS)
def test_every_parameter_that_a_route_takes_is_stripes_and_the_sdks(
    standin: Standin, method: str, path: str
) -> None:
    concrete = re.sub(r"{\w+}", "none", path)

    assert strange_parameters(method, concrete, taken(standin, method, concrete)) == []


def test_a_nested_parameter_of_our_own_invention_would_be_caught() -> None:
    asked = {"capabilities": {"transfers": {"horoscope": "good"}}, "external_account": "btok_1"}

    assert [*strangers(AccountCreateParams, asked, "")] == ["capabilities.transfers.horoscope"]


def test_a_parameter_of_our_own_invention_would_be_caught() -> None:
    assert strange_parameters("POST", "/v1/refunds", ["charge", "horoscope"]) == [
        "horoscope is not described",
        "the SDK lacks horoscope",
    ]
    assert strange_parameters("GET", "/v1/transfers/tr_1/reversals", ["created"])


def test_a_recording_with_a_breach_fails_as_a_whole(tmp_path: Path, created: Recorded) -> None:
    recording = tmp_path / "exchanges.jsonl"
    recording.write_text(json.dumps(created) + "\n")
    assert check_recording(recording) == 1

    with recording.open("a") as lines:
        lines.write(json.dumps(answering(created, colour="red")) + "\n")
    with pytest.raises(ContractBreachError, match="colour"):
        check_recording(recording)
