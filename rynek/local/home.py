"""RYNEK_HOME: the one folder in which an installation keeps everything."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rynek.local.account import require_way, unprivileged
from rynek.local.errors import FolderUnusableError

DEFAULT = Path(".rynek")
PRIVATE_FOLDERS = ("run", "logs")


@dataclass(frozen=True)
class Secrets:
    """Generated once per installation, kept in a file only its owner can read."""

    superuser_password: str
    core_password: str
    app_password: str
    pipeline_password: str
    redis_password: str
    stripe_api_key: str
    stripe_webhook_secret: str

    @classmethod
    def generate(cls) -> "Secrets":
        words = iter(lambda: secrets.token_urlsafe(24).replace("-", "0").replace("_", "1"), "")
        return cls(
            superuser_password=next(words),
            core_password=next(words),
            app_password=next(words),
            pipeline_password=next(words),
            redis_password=next(words),
            stripe_api_key="sk_test_" + next(words),
            stripe_webhook_secret="whsec_" + next(words),
        )


@dataclass(frozen=True)
class Home:
    """The installation's folder, an absolute path, and where things are in it."""

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def lock(self, name: str) -> Path:
        return self.run / f"{name}.lock"

    def state(self, name: str) -> Path:
        return self.run / f"{name}.json"

    def secrets(self) -> Secrets:
        """The installation's secrets, generated at first use."""
        path = self.root / "secrets.json"
        if not path.exists():
            write_private(path, json.dumps(asdict(Secrets.generate()), indent=2), replace=False)
        try:
            return Secrets(**json.loads(path.read_text()))
        except TypeError as other_names:
            raise FolderUnusableError(
                f"{self.root} was made by another version of Rynek. `make clean` forgets it, "
                "or set RYNEK_HOME to another folder."
            ) from other_names


def from_environment(environ: Mapping[str, str] = os.environ) -> Path:
    """RYNEK_HOME, or `.rynek` beside where we stand."""
    return Path(environ.get("RYNEK_HOME") or DEFAULT).absolute()


def opened(root: Path) -> Home:
    """The home at that path, its folders made; FolderUnusableError where that cannot be."""
    home, account = Home(root.resolve()), unprivileged()
    try:
        if not home.root.exists():
            home.root.mkdir(parents=True, exist_ok=True)
            # Passage for the account the servers drop to, but no view.
            home.root.chmod(0o711 if account else 0o700)
        for folder in PRIVATE_FOLDERS:
            (home.root / folder).mkdir(mode=0o700, exist_ok=True)
        home.secrets()
    except OSError as problem:
        raise FolderUnusableError(
            f"RYNEK_HOME {home.root} cannot be used: {problem.strerror} ({problem.filename}). "
            "Set RYNEK_HOME to a folder you can write."
        ) from problem
    require_way(home.root, account)
    return home


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file only its owner can read, whole or not at all; never over another if asked."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    if replace:
        fresh.replace(path)
        return
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
