"""Roles that own nothing, and what vendors and shoppers see of each table."""

from pathlib import Path

from alembic import op

from transactional.migrations import ROLES

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for script in (ROLES, Path(__file__).with_suffix(".sql")):
        op.get_bind().connection.cursor().execute(
            script.read_text(encoding="utf-8")
        )  # many statements, so past SQLAlchemy's parameters
