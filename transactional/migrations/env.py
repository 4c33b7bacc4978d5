"""Alembic's entry: one connection, one transaction, one migration run at a time."""

from alembic import context
from sqlalchemy import create_engine, pool, text

# Two processes that start together must not migrate together; the number only has to be ours.
MIGRATION_LOCK = 7_301_984


def run() -> None:
    url = context.config.attributes["database_url"].replace(
        "postgresql://", "postgresql+psycopg://", 1
    )
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        context.configure(connection=connection, transactional_ddl=True)
        context.run_migrations()
    engine.dispose()


run()
