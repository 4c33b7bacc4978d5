"""The schema's history, run by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROLES = Path(__file__).with_name("roles.sql")
"""The roles that the schema grants to; they belong to the cluster."""


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database at `database_url` to `revision`; one already there is left alone."""
    command.upgrade(_config(database_url), revision)


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database_url"] = database_url
    return config
