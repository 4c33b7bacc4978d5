from datetime import timedelta

import pytest

from transactional.pauses import Pauses

PAUSES = Pauses(first=timedelta(seconds=4), longest=timedelta(hours=1))


@pytest.mark.parametrize(("failures", "seconds"), [(1, 4), (2, 8), (3, 16), (10, 2_048)])
def test_each_pause_is_twice_the_one_before(failures: int, seconds: int) -> None:
    assert PAUSES.after(failures).total_seconds() == seconds


@pytest.mark.parametrize("failures", [11, 40, 10**9])
def test_no_pause_is_longer_than_the_longest(failures: int) -> None:
    assert PAUSES.after(failures) == PAUSES.longest
