"""Where this installation's folders and source are: what every asset is told."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from pipelines.errors import ConfigurationInvalidError, ConfigurationMissingError

# Told of each step as it is done: what, and how much.
Observer = Callable[[str, str], None]

RUNS_KEPT = timedelta(days=30)
MOST_DAYS = 3_650


@dataclass(frozen=True)
class Installation:
    home: Path
    source: str | None
    runs_kept: timedelta = RUNS_KEPT

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read RYNEK_HOME, RYNEK_RUNS_KEPT_DAYS and PIPELINE_DATABASE_URL, or DATABASE_URL where
        that is not set. Raises ConfigurationInvalidError."""
        return cls(
            home=Path(environment.get("RYNEK_HOME", ".rynek")).resolve(),
            source=environment.get("PIPELINE_DATABASE_URL") or environment.get("DATABASE_URL"),
            runs_kept=_days(environment, "RYNEK_RUNS_KEPT_DAYS", RUNS_KEPT),
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


def _days(environment: Mapping[str, str], name: str, usual: timedelta) -> timedelta:
    value = environment.get(name)
    if not value:
        return usual
    with suppress(ValueError):
        if 1 <= int(value) <= MOST_DAYS:
            return timedelta(days=int(value))
    raise ConfigurationInvalidError(f"{name} is {value!r}: give days from 1 to {MOST_DAYS:,}")


def unheard(what: str, how_much: str) -> None:
    """The observer of a run that nobody watches."""
