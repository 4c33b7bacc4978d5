"""What a sale below its fees leaves owed is netted like every other debt."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(
        Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    )  # many statements, so past SQLAlchemy's parameters
