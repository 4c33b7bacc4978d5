"""Faults on order: each does what it says, as often as it was told, and nothing else."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe as sdk

from rynek.local.stripe.control import Control, ControlRefusedError
from rynek.local.stripe.faults import Fault, Faults, Match
from rynek.local.stripe.mischief import NEVER_S, Mischief
from tests.rynek.local.stripe.standins import Standin, paid, wanted


@pytest.fixture
def faulty(control: Control) -> Iterator[Control]:
    yield control
    control.clear()


def keyed(client: sdk.StripeClient, key: str) -> sdk.PaymentIntent:
    asked = wanted(payment_method="pm_card_visa", transfer_group=key)
    return client.v1.payment_intents.create(asked, {"idempotency_key": key})


def charges(client: sdk.StripeClient, group: str) -> int:
    return len(client.v1.charges.list({"transfer_group": group}).data)


def test_a_connection_that_ends_early_left_nothing(
    client: sdk.StripeClient, faulty: Control
) -> None:
    faulty.fault("fail_before_commit", path="/v1/payment_intents")

    with pytest.raises(sdk.APIConnectionError):
        keyed(client, "cut-early")

    assert charges(client, "cut-early") == 0
    assert keyed(client, "cut-early").status == "succeeded"
    assert charges(client, "cut-early") == 1


def test_an_answer_may_be_lost_although_everything_happened(
    client: sdk.StripeClient, faulty: Control
) -> None:
    faulty.fault("answer_lost", path="/v1/payment_intents")

    with pytest.raises(sdk.APIConnectionError):
        keyed(client, "cut-late")

    assert charges(client, "cut-late") == 1
    assert keyed(client, "cut-late").status == "succeeded"
    assert charges(client, "cut-late") == 1


@pytest.mark.parametrize(
    ("kind", "happened"), [("error_500_saved", 0), ("error_500_after_commit", 1)]
)
def test_a_500_stands_under_its_key(
    client: sdk.StripeClient, faulty: Control, kind: Any, happened: int
) -> None:
    faulty.fault(kind, path="/v1/payment_intents")

    for _ in range(2):
        with pytest.raises(sdk.APIError) as refusal:
            keyed(client, kind)
        assert refusal.value.http_status == 500

    assert charges(client, kind) == happened
    assert keyed(client, f"{kind}-again").status == "succeeded"


def test_a_rate_limit_says_when_to_come_back_and_keeps_no_key(
    client: sdk.StripeClient, faulty: Control
) -> None:
    faulty.fault("rate_limited", seconds=3)

    with pytest.raises(sdk.RateLimitError) as refusal:
        keyed(client, "too-fast")

    assert refusal.value.headers is not None
    assert refusal.value.headers["retry-after"] == "3"
    assert keyed(client, "too-fast").status == "succeeded"


def test_a_delayed_answer_comes_late(client: sdk.StripeClient, faulty: Control) -> None:
    faulty.fault("delay", method="GET", path="/v1/balance", seconds=0.3)

    began = time.monotonic()
    client.v1.balance.retrieve()

    assert time.monotonic() - began >= 0.3


def test_the_sdk_retries_its_way_through(standin: Standin, faulty: Control) -> None:
    persistent = sdk.StripeClient(
        "sk_test_market", base_addresses={"api": standin.url}, max_network_retries=2
    )
    faulty.fault("answer_lost", path="/v1/payment_intents")
    faulty.fault("fail_before_commit", path="/v1/payment_intents")

    intent = paid(persistent, transfer_group="persistent")

    assert intent.status == "succeeded"
    assert charges(persistent, "persistent") == 1


def test_a_fault_lets_the_first_through_where_it_is_told_to() -> None:
    faults = Faults()
    faults.add([Fault("answer_lost", Match("POST", "/v1/transfers*"), times=2, after=1)])

    struck = [bool(faults.striking("POST", "/v1/transfers")) for _ in range(5)]

    assert struck == [False, True, True, False, False]
    assert not faults.striking("POST", "/_standin/clock")
    assert faults.shown()[0]["left"] == 0


def test_chance_is_drawn_from_the_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults()
        faults.add([Fault("delay", times=100, probability=0.5, seed=seed)])
        return [bool(faults.striking("GET", "/v1/events")) for _ in range(40)]

    assert struck(7) == struck(7) != struck(8)
    assert 5 < sum(struck(7)) < 35


def test_mischief_is_drawn_from_the_seed_and_the_delivery() -> None:
    mischief = Mischief(duplicate=0.5, reorder=0.3, withhold=0.3, seed=3)

    fates = [(mischief.delay_of(number), mischief.is_doubled(number)) for number in range(100)]

    again = [(mischief.delay_of(number), mischief.is_doubled(number)) for number in range(100)]
    assert fates == again
    assert 20 < sum(delay_s == NEVER_S for delay_s, _ in fates) < 40
    assert 10 < sum(0 < delay_s < 1 for delay_s, _ in fates) < 40
    assert not any(Mischief().delay_of(number) for number in range(100))


def test_a_control_request_that_does_not_fit_is_refused(control: Control, standin: Standin) -> None:
    with pytest.raises(ControlRefusedError, match="back"):
        control.advance(seconds=-1)
    unknown = standin.http("POST", "/_standin/faults", json=[{"fault": "earthquake"}])
    strange = standin.http("GET", "/_standin/faults", headers={"authorization": ""})

    assert (unknown.status_code, strange.status_code) == (400, 401)
    assert control.faults() == []
