"""Proof 3: webhooks may come in any order, twice, late or never, and the state is the same."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import stripe

from rynek.local.stripe.control import Control
from rynek.soak import stories, webhooks
from rynek.soak.stage import furnished
from rynek.soak.stories import Stage
from rynek.soak.webhooks import OrderMattersError
from tests.rynek.local.stripe.standins import KEY, Standin
from tests.transactional.market import TestMarket
from transactional.database import Database
from transactional.gateway import Gateway
from transactional.payment import intents, payments, stripe_objects

SEED = 20260
# A story of four events has so many permutations: of the short ones, none is left out.
ALL_OF_FOUR = 24
SOME = 2


@pytest.fixture
def stage(market: TestMarket, standin: Standin) -> Iterator[Stage]:
    with Control(standin.url, KEY) as control:
        yield furnished(market.database, market.settings, control, market.clock())
        control.clear()


def test_every_permutation_of_a_short_story_ends_alike(stage: Stage) -> None:
    report = webhooks.run_permutations(
        stage, seed=SEED, most=ALL_OF_FOUR, names=["paid, unheard", "challenge failed"]
    )
    assert report.tellings > 2


def test_permutations_of_every_story_end_alike(stage: Stage) -> None:
    report = webhooks.run_permutations(stage, seed=SEED, most=SOME)
    assert report.tellings >= len(stories.STORIES)


def test_random_tellings_with_withheld_webhooks_end_alike(stage: Stage) -> None:
    report = webhooks.run(stage, seed=SEED, count=20)
    assert report.found > 0


def trust_the_event(
    database: Database, gateway: Gateway, told: stripe_objects.Told, now: datetime
) -> None:
    """The fault that everybody makes once: the payload is taken for the present state."""
    intent = intents.read(stripe.PaymentIntent.construct_from(dict(told), None))
    with database.transaction() as connection:
        payment_id = payments.find(connection, intent.payment_intent_id, intent.attempt_key)
        if payment_id is not None:
            payments.settle(connection, payment_id, intent, now)


def test_an_applier_that_trusts_the_payload_is_caught(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stripe_objects.HANDLERS, "payment_intent", trust_the_event)
    with pytest.raises(OrderMattersError, match="seed"):
        webhooks.run_permutations(stage, seed=SEED, most=SOME)
