"""What the process imported is not looked through for garbage while it serves."""

import gc

from transactional.http.garbage import NEW_OBJECTS, collected_seldom


def test_what_was_there_before_is_left_out_until_the_end() -> None:
    often = gc.get_threshold()
    with collected_seldom():
        assert gc.get_freeze_count() > 1_000
        assert gc.get_threshold() == (NEW_OBJECTS, *often[1:])
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == often


def test_a_ring_made_meanwhile_is_still_found() -> None:
    ring: list[object] = []
    with collected_seldom():
        ring.append([])
        ring[0].append(ring[0])  # type: ignore[attr-defined]
        ring.clear()
        assert gc.collect() >= 1
