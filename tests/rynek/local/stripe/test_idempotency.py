import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import stripe as sdk

from rynek.local.stripe.answers import KEPT_S, recall, remember
from rynek.local.stripe.control import Control
from rynek.local.stripe.exchange import Answer
from rynek.local.stripe.refusals import KeyMisused
from rynek.local.stripe.store import Store
from tests.rynek.local.stripe.standins import Standin, paid, running, until, vendor, wanted

pytestmark = pytest.mark.slow


def intents_of(client: sdk.StripeClient, group: str) -> list[str]:
    found = client.v1.charges.list({"transfer_group": group}).data
    return [str(charge.payment_intent) for charge in found]


def test_the_same_request_under_the_same_key_is_answered_once(client: sdk.StripeClient) -> None:
    asked = wanted(payment_method="pm_card_visa", transfer_group="ord_once")

    first, again = (
        client.v1.payment_intents.create(asked, {"idempotency_key": "pay-once"}) for _ in range(2)
    )

    assert first.to_dict() == again.to_dict()
    assert intents_of(client, "ord_once") == [first.id]
    assert first.last_response is not None
    assert again.last_response is not None
    assert "idempotent-replayed" not in first.last_response.headers
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.request_id


def test_a_decline_is_replayed_too(client: sdk.StripeClient) -> None:
    asked = wanted(payment_method="pm_card_chargeDeclined", transfer_group="ord_declined")

    told = []
    for _ in range(2):
        with pytest.raises(sdk.CardError) as refusal:
            client.v1.payment_intents.create(asked, {"idempotency_key": "declined-once"})
        told.append(refusal.value.json_body)

    assert told[0] == told[1]
    assert len(intents_of(client, "ord_declined")) == 1


def test_a_refusal_stands_under_its_key_even_when_its_reason_is_gone(
    client: sdk.StripeClient,
) -> None:
    asked: Any = {"amount": 1_000, "currency": "sek", "destination": vendor(client)}
    key: Any = {"idempotency_key": "too-early"}
    with pytest.raises(sdk.InvalidRequestError, match="insufficient"):
        client.v1.transfers.create(asked, key)
    paid(client, 9_000, currency="sek", payment_method="pm_card_bypassPending")

    with pytest.raises(sdk.InvalidRequestError) as refusal:
        client.v1.transfers.create(asked, key)

    assert refusal.value.headers is not None
    assert refusal.value.headers["idempotent-replayed"] == "true"
    assert client.v1.transfers.create(asked, {"idempotency_key": "in-time"}).amount == 1_000


def test_a_malformed_request_does_not_use_up_its_key(client: sdk.StripeClient) -> None:
    key: Any = {"idempotency_key": "typo"}
    with pytest.raises(sdk.InvalidRequestError, match="Invalid integer"):
        client.v1.payment_intents.create(wanted(amount="1O0"), key)

    assert client.v1.payment_intents.create({"amount": 100, "currency": "usd"}, key).amount == 100


def test_a_key_belongs_to_one_request(client: sdk.StripeClient) -> None:
    key: Any = {"idempotency_key": "mine"}
    client.v1.payment_intents.create({"amount": 100, "currency": "usd"}, key)

    with pytest.raises(sdk.IdempotencyError) as refusal:
        client.v1.payment_intents.create({"amount": 101, "currency": "usd"}, key)

    assert refusal.value.http_status == 400


def test_reading_needs_no_key_and_keeps_none(standin: Standin) -> None:
    answers = [
        standin.http("GET", "/v1/balance", headers={"idempotency-key": "read"}) for _ in range(2)
    ]

    assert all("idempotent-replayed" not in answer.headers for answer in answers)


def test_a_key_in_use_is_a_conflict_and_its_request_runs_once(tmp_path: Path) -> None:
    together = threading.Barrier(2)
    asked = {"amount": "500", "currency": "usd"}

    def create() -> tuple[int, str | None]:
        together.wait()
        answer = standin.http(
            "POST", "/v1/payment_intents", data=asked, headers={"idempotency-key": "race"}
        )
        return answer.status_code, answer.json().get("error", {}).get("code")

    with running(tmp_path, "--delay-ms", "300") as standin, ThreadPoolExecutor(2) as pool:
        racing = [pool.submit(create) for _ in range(2)]
        outcomes = sorted(attempt.result() for attempt in racing)
        created = standin.client.v1.payment_intents.list().data

    assert outcomes == [(200, None), (409, "idempotency_key_in_use")]
    assert len(created) == 1


def test_an_answer_survives_a_crash(tmp_path: Path) -> None:
    asked: Any = wanted(payment_method="pm_card_visa")
    key: Any = {"idempotency_key": "before"}
    with running(tmp_path) as standin:
        before = standin.client.v1.payment_intents.create(asked, key)
        standin.kill()

    with running(tmp_path) as standin:
        after = standin.client.v1.payment_intents.create(asked, key)
        charges = standin.client.v1.charges.list().data

    assert before.to_dict() == after.to_dict()
    assert [charge.id for charge in charges] == [before.latest_charge]


def test_a_request_cut_off_before_its_commit_left_nothing_and_its_key_is_free(
    tmp_path: Path,
) -> None:
    asked = {"amount": "500", "currency": "usd"}
    key = {"idempotency-key": "cut-off"}
    with running(tmp_path, "--delay-ms", "60000") as standin, ThreadPoolExecutor(1) as pool:
        lost = pool.submit(
            standin.http, "POST", "/v1/payment_intents", data=asked, headers=key, timeout=60
        )
        until(lambda: is_being_answered(standin))
        standin.kill()
        assert isinstance(lost.exception(), httpx.TransportError)

    with running(tmp_path) as standin:
        assert not standin.client.v1.payment_intents.list().data
        again = standin.http("POST", "/v1/payment_intents", data=asked, headers=key)
        assert again.status_code == 200
        assert "idempotent-replayed" not in again.headers


def is_being_answered(standin: Standin) -> bool:
    """Whether the stand-in holds a connection that it read a request from."""
    served = psutil.Process(standin.process.pid).net_connections("tcp")
    return any(one.status == psutil.CONN_ESTABLISHED for one in served)


def test_a_key_is_forgotten_when_the_test_clock_is_a_day_on(
    client: sdk.StripeClient, control: Control
) -> None:
    asked: Any = {"amount": 500, "currency": "usd"}
    key: Any = {"idempotency_key": "yesterday"}
    first = client.v1.payment_intents.create(asked, key)

    control.advance(seconds=KEPT_S - 60)
    assert client.v1.payment_intents.create(asked, key).id == first.id
    control.advance(seconds=60)

    assert client.v1.payment_intents.create(asked, key).id != first.id


def test_a_key_is_forgotten_after_a_day(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.transaction() as books:
        remember(books, "k", "asked", Answer(200, {"id": "pi_1"}), request_id="req_1", now=1_000)

    with store.transaction() as books:
        kept = recall(books, "k", "asked", 1_000 + KEPT_S - 1)
        with pytest.raises(KeyMisused):
            recall(books, "k", "something else", 1_000 + KEPT_S - 1)
        gone = recall(books, "k", "asked", 1_000 + KEPT_S)
    store.close()

    assert kept is not None
    assert kept.answer.body == {"id": "pi_1"}
    assert gone is None
