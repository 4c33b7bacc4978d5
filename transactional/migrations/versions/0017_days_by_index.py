"""Days of tables that change in place are counted from an index alone."""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(
        Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    )  # many statements, so past SQLAlchemy's parameters
