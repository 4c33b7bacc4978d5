"""Deadlines, timers, consumers of facts, notifications and the audit trail."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(
        script
    )  # many statements, so past SQLAlchemy's parameters
