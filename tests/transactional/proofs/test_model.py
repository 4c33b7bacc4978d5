"""Proof 1: whatever people do, in whatever order, money and stock are those of a plain model."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from rynek.local.stripe.control import Control
from rynek.soak import campaign
from rynek.soak.grounds import Grounds
from rynek.soak.model import ModelBrokenError
from tests.rynek.local.stripe.standins import KEY, running
from transactional.database import Database, Transaction
from transactional.ordering import holds, stock
from transactional.settings import Settings
from transactional.settlement import refunds, reversals
from transactional.settlement.refund_sharing import LineLeft, RefundedLine, SharedLine, shared

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEED = 20261
# What the market must have come to, or the proof proved little.
REACHED = (
    "orders paid",
    "refunds succeeded",
    "transfers sent",
    "reversals owed",
    "disputes lost",
    "rest",
)


@pytest.fixture
def grounds(
    database_url: str, app_database_url: str, redis_url: str, tmp_path: Path
) -> Iterator[Grounds]:
    """With a stand-in of its own: its clock runs ahead of all others'."""
    with running(tmp_path / "stripe") as standin, Control(standin.url, KEY) as control:
        settings = Settings(app_database_url, redis_url, KEY, "whsec_model", standin.url)
        with Database(app_database_url) as database:
            yield Grounds(database_url, settings, database, control)


def test_money_and_stock_are_those_of_the_model(grounds: Grounds) -> None:
    campaign.run(grounds, seed=SEED, markets=8)
    assert [what for what in REACHED if not grounds.tally[what]] == []


def demand_nothing(_: Transaction, __: int, ___: datetime) -> int:
    """A refund whose vendor keeps its share."""
    return 0


def release_twice(connection: Transaction, order_id: int, now: datetime) -> None:
    """A release after which each unit is there twice, in the journal too."""
    release(connection, order_id, now)
    stock.move(connection, stock.RESTOCK, holds.units(connection, order_id), now, order_id)


def share_without_commission(left: LineLeft, wanted: RefundedLine) -> SharedLine:
    """A refund for which the platform keeps its commission; every sum agrees with every other."""
    part = shared(left, wanted)
    vendor_cents = part.vendor_cents + part.commission_cents
    return replace(part, commission_cents=0, vendor_cents=vendor_cents)


release = holds.release


@pytest.mark.parametrize(
    ("place", "verb", "broken"),
    [
        (reversals, "demand", demand_nothing),
        (holds, "release", release_twice),
        (refunds, "shared", share_without_commission),
    ],
)
def test_a_broken_verb_is_found(
    grounds: Grounds, monkeypatch: pytest.MonkeyPatch, place: object, verb: str, broken: object
) -> None:
    monkeypatch.setattr(place, verb, broken)
    with pytest.raises(ModelBrokenError):
        campaign.run(grounds, seed=SEED, markets=20)
