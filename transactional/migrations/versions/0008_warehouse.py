"""What the warehouse reads of the later tables, and nothing else."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(
        script
    )  # many statements, so past SQLAlchemy's parameters
