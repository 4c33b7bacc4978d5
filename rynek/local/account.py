"""Who a server runs as: ourselves, or, started by root, an account without privileges."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from rynek.local.errors import FolderUnusableError, NoUnprivilegedAccountError

UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Account:
    """The user and group a server drops to."""

    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Whether the folder's permissions let this account pass through it."""
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def unprivileged() -> Account | None:
    """The account servers drop to when root starts them; None when we are no root.

    Raises NoUnprivilegedAccountError where the system knows no `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise NoUnprivilegedAccountError from None
    return Account(entry.pw_uid, entry.pw_gid)


def barrier(folder: Path, account: Account) -> Path | None:
    """The outermost folder on the way to `folder`, itself included, closed to the account."""
    way = [*reversed(folder.parents), folder]
    return next((each for each in way if not account.may_enter(each)), None)


def require_way(folder: Path, account: Account | None) -> None:
    """Raise FolderUnusableError when the account cannot reach the folder."""
    if account and (closed := barrier(folder, account)):
        raise FolderUnusableError(
            f"Started by root, Postgres and Redis run as `{UNPRIVILEGED}`, which cannot enter "
            f"{closed}. Set RYNEK_HOME to a folder it can reach, for example /var/tmp/rynek, "
            "or run as a user."
        )


def owned(folder: Path, account: Account | None) -> Path:
    """The folder, made private to the account; nothing above it changes."""
    folder.mkdir(mode=0o700, exist_ok=True)
    give(folder, account)
    return folder


def give(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid)
