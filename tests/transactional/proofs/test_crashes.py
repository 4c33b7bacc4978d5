"""The crash matrix and the zombies, quickly: each named gap and each sleep once."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from rynek.soak import crashes, lives, zombies
from rynek.soak.crashes import GAPS, GapMissedError
from rynek.soak.lives import Town
from rynek.soak.quiet import DiscordError, come_to_rest
from rynek.soak.site import Arming, Site, open_site, unarmed
from transactional import gaps
from transactional.settlement import transfers

# A machine that is busy with other things takes its time.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@contextmanager
def opened_town() -> Iterator[tuple[Site, Town]]:
    """A town at rest, its market stopped."""
    with tempfile.TemporaryDirectory(prefix="rynek-crash-") as folder:
        Path(folder).chmod(0o711)
        with open_site(Path(folder)) as site:
            site.start()
            town = lives.found(site)
            come_to_rest(site)
            site.stop()
            yield site, town


@pytest.fixture(scope="module")
def old_town() -> Iterator[tuple[Site, Town]]:
    """For what leaves it at rest again."""
    with opened_town() as place:
        yield place


@pytest.fixture
def place(old_town: tuple[Site, Town]) -> Iterator[tuple[Site, Town]]:
    yield old_town
    old_town[0].stop()


@pytest.fixture
def new_town() -> Iterator[tuple[Site, Town]]:
    """For faults, which leave it broken."""
    with opened_town() as place:
        yield place


@pytest.mark.parametrize("gap", list(GAPS))
def test_a_market_that_dies_in_a_gap_comes_to_rest_and_adds_up(
    place: tuple[Site, Town], gap: str
) -> None:
    """Raises GapMissedError where nothing died."""
    crashes.die_in(*place, gap)


def test_a_gap_that_nobody_comes_by_is_told(place: tuple[Site, Town]) -> None:
    site, town = place
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(GAPS, "nowhere", crashes.whole_life)
        with pytest.raises(GapMissedError):
            crashes.die_in(site, town, "nowhere")


def test_postgres_killed_under_load_loses_nothing(place: tuple[Site, Town]) -> None:
    site, town = place
    site.start()
    for _ in range(3):
        order = lives.bought(town)
        site.kill_postgres()
        lives.delivered(town, order)
    lives.whole(town, Random(0))
    site.let_leases_run_out()
    come_to_rest(site)


def test_a_worker_that_marks_before_it_calls_is_found(new_town: tuple[Site, Town]) -> None:
    """The control: its transfer is sent in our books, and Stripe never heard of it."""
    site, town = new_town

    def mark_before_the_call() -> None:
        def pay_out(_database: object, _gateway: object, claim: object, _now: object) -> str:
            return f"tr_{claim['transfer_id']}"  # type: ignore[index]

        transfers._pay_out = pay_out  # type: ignore[assignment]
        gaps.arm("transfer_sent_not_marked", lambda: None)

    site.start(unarmed, mark_before_the_call)
    lives.delivered(town, lives.bought(town))
    with pytest.raises(DiscordError, match="transfers: Stripe alone has"):
        come_to_rest(site)


@pytest.mark.parametrize("sleep", list(zombies.SLEEPS))
def test_a_worker_that_wakes_after_its_lease_has_no_second_effect(
    place: tuple[Site, Town], sleep: str
) -> None:
    site, town = place
    zombies.haunt(site, town, sleep)


def test_a_sleeper_without_a_stored_key_refunds_twice_and_is_found(
    new_town: tuple[Site, Town],
) -> None:
    site, town = new_town
    fault: Arming = zombies.keyless
    with pytest.raises(DiscordError, match="refunds: Stripe alone has"):
        zombies.haunt(site, town, "refund", fault)
