"""`rynek bench answers`, on a catalogue that takes no time."""

import pytest
from rich.console import Console

from rynek.bench.answers import measure


@pytest.mark.slow
def test_both_recipes_answer_the_same_shoppers() -> None:
    report = measure(Console(quiet=True), is_quick=True)
    half, most = report.rows
    assert 0 < half.value <= most.value
    assert half.peer_value is not None
    assert most.peer_value is not None
    assert 0 < half.peer_value <= most.peer_value
    assert most.goal == "≤ 20 ms"
    assert half.goal is None
