"""Rows of a batch of orders come in as rows, one parameter a table."""

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(
        Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    )  # many statements, so past SQLAlchemy's parameters
