"""One recording stand-in for the tests that need nothing special; its exchanges are checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe as sdk

from rynek.local.stripe.control import Control
from tests.rynek.local.stripe.standins import KEY, Standin, running
from tests.stripe_contract import check_recording


@pytest.fixture(scope="package")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stripe") / "exchanges.jsonl"


@pytest.fixture(scope="package")
def standin(recording: Path) -> Iterator[Standin]:
    with running(recording.parent / "store", "--record", str(recording)) as standin:
        yield standin


@pytest.fixture
def client(standin: Standin, recording: Path) -> Iterator[sdk.StripeClient]:
    """The official SDK at the stand-in; what the test exchanged is held to the description."""
    seen = recording.stat().st_size if recording.exists() else 0
    yield standin.client
    check_recording(recording, after=seen)


@pytest.fixture
def control(standin: Standin) -> Iterator[Control]:
    """The stand-in's control routes."""
    with Control(standin.url, KEY) as control:
        yield control
