"""A vendor's demands are found by one index, in whichever state they are open."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.get_bind().connection.cursor().execute(
        Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    )  # many statements, so past SQLAlchemy's parameters
