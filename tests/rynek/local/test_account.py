"""Root's servers drop to an account that reaches what it needs and nothing more."""

import os
from pathlib import Path

import pytest

from rynek.local.account import barrier, unprivileged

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


def test_the_outermost_closed_folder_is_the_barrier(home: Path) -> None:
    account = unprivileged()
    assert account is not None
    inner = home / "closed" / "open"
    inner.mkdir(parents=True)
    assert barrier(inner, account) is None
    inner.parent.chmod(0o700)
    assert barrier(inner, account) == inner.parent
