"""Servers' binaries, as wheels bring them."""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from rynek.local.account import Account, barrier
from rynek.local.errors import LocalError
from rynek.local.home import Home


def within_reach(wheel: str, home: Home, account: Account | None) -> Path:
    """The wheel's package folder, or its copy in the home where the account cannot reach it.

    Wheels keep their shared libraries in a folder beside the package, which is copied along. The
    copy carries the wheel's version, so that an upgraded wheel is copied again.
    """
    package = package_of(wheel)
    if not account or barrier(package, account) is None:
        return package
    copy = home.root / "bin" / f"{wheel}-{version(wheel)}"
    if not copy.exists():
        fresh = copy.with_name(copy.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, fresh / folder.name)
        for folder in (copy.parent, fresh, fresh / package.name):
            folder.chmod(0o755)
        fresh.rename(copy)
    return copy / package.name


def package_of(wheel: str) -> Path:
    """The wheel's folder, found without importing it: imports of these wheels do things."""
    spec = find_spec(wheel.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise LocalError(f"The package `{wheel}` is not installed; run `make` again.")
    return Path(spec.origin).parent
