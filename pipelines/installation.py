"""Where this installation's folders and source are: what every asset is told."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipelines.errors import ConfigurationMissingError

# Told of each step as it is done: what, and how much.
Observer = Callable[[str, str], None]


@dataclass(frozen=True)
class Installation:
    home: Path
    source: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read RYNEK_HOME and PIPELINE_DATABASE_URL, or DATABASE_URL where that is not set."""
        return cls(
            home=Path(environment.get("RYNEK_HOME", ".rynek")).resolve(),
            source=environment.get("PIPELINE_DATABASE_URL") or environment.get("DATABASE_URL"),
        )

    @property
    def database_url(self) -> str:
        if self.source is None:
            raise ConfigurationMissingError(
                "PIPELINE_DATABASE_URL is not set: give the address of the market's Postgres, "
                "such as postgresql://rynek_pipeline@127.0.0.1:5432/rynek"
            )
        return self.source

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"


def unheard(what: str, how_much: str) -> None:
    """The observer of a run that nobody watches."""
