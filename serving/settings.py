"""Serving's settings, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serving.errors import SettingMissing


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the published files, the facts and the core are."""

    home: Path
    redis_url: str
    core_url: str
    introspection_token: str

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises SettingMissing, naming the key and what it should hold."""
        return cls(
            Path(environment.get("RYNEK_HOME") or ".rynek").resolve(),
            _required(environment, "REDIS_URL", "redis://host:port/0, where the relay publishes"),
            _required(environment, "CORE_URL", "the address of the transactional app").rstrip("/"),
            _required(environment, "INTROSPECTION_TOKEN", "a service token minted by the core"),
        )


def _required(environment: Mapping[str, str], key: str, wanted: str) -> str:
    if value := environment.get(key):
        return value
    raise SettingMissing(f"{key} is not set; it should hold {wanted}.")
