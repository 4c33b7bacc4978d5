import psycopg
from hypothesis import given
from hypothesis import strategies as st

from warehouse.moment import PgSnapshot


def test_reads_postgres_own_text() -> None:
    assert PgSnapshot.parse("10:20:11,15") == PgSnapshot(10, 20, frozenset({11, 15}))
    assert PgSnapshot.parse("10:10:") == PgSnapshot(10, 10)


@given(st.integers(3, 60), st.data())
def test_what_is_in_progress_or_later_is_not_seen(xid: int, data: st.DataObject) -> None:
    xmin = data.draw(st.integers(3, 50))
    xmax = data.draw(st.integers(xmin, 60))
    running = data.draw(st.frozensets(st.integers(xmin, xmax)))
    is_seen = PgSnapshot(xmin, xmax, running).sees(xid)
    assert is_seen == (xid < xmax and not (xid >= xmin and xid in running))


def test_agrees_with_postgres_on_every_transaction_around(empty_database_url: str) -> None:
    text = "100:110:103,107"
    with psycopg.connect(empty_database_url) as connection:
        rows = connection.execute(
            """select xid, pg_visible_in_snapshot(xid::text::xid8, %s::pg_snapshot)
               from generate_series(95, 115) as xid""",
            [text],
        ).fetchall()
    assert [PgSnapshot.parse(text).sees(xid) for xid, _ in rows] == [seen for _, seen in rows]
