"""Looking at something again and again, and saying so when the looking ended."""

import pytest

from serving.watcher import Watcher
from tests.serving.patience import until


def test_a_look_that_fails_as_foreseen_keeps_the_last_good_value() -> None:
    answers = iter(["first"])

    def look(before: str | None) -> str | None:
        for answer in answers:
            return answer
        raise FileNotFoundError("gone")

    watcher = Watcher("folder", look, (FileNotFoundError,), every_seconds=0.01)
    watcher.look()
    watcher.look()
    assert watcher.value == "first"
    assert str(watcher.fault) == "gone"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_an_unforeseen_error_ended_says_so() -> None:
    looks = iter([1])

    def look(before: int | None) -> int | None:
        return next(looks)

    watcher = Watcher("folder", look, (FileNotFoundError,), every_seconds=0.01)
    assert not watcher.has_stopped
    watcher.start()
    until(lambda: watcher.has_stopped)
    assert watcher.value == 1
    watcher.stop()
