import psycopg

from warehouse.source import COLUMNS
from warehouse.tables import TABLES, TOMBSTONES

READ_BESIDE = {"installation", "relay"}


def test_the_pipelines_role_reads_the_contracts_columns_and_no_others(
    pipeline_database_url: str,
) -> None:
    with psycopg.connect(pipeline_database_url) as connection:
        readable = {
            (table, column)
            for table, _, column, _, is_readable in connection.execute(COLUMNS)
            if is_readable and table not in READ_BESIDE
        }
    assert readable == {
        (table.name, column) for table in (*TABLES, TOMBSTONES) for column in table.columns
    }


def test_every_column_is_loaded_or_left(pipeline_database_url: str) -> None:
    with psycopg.connect(pipeline_database_url) as connection:
        found = [row[:3:2] for row in connection.execute(COLUMNS)]
    for table in TABLES:
        columns = {column for name, column in found if name == table.name}
        assert columns == table.columns.keys() | table.left, table.name


def test_every_table_is_indexed_for_how_it_is_read(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("""
            select indrelid::regclass::text, amname
            from pg_index
            join pg_class on pg_class.oid = indexrelid
            join pg_am on pg_am.oid = relam
            where pg_get_indexdef(indexrelid) like '%row_version%'
        """).fetchall()
    for table in (*TABLES, TOMBSTONES):
        assert (table.name, "brin" if table.has_brin else "btree") in found, table.name
