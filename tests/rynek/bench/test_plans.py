"""The quick form of `rynek bench plans`: no hot query is without an index that could serve it."""

from rynek.bench import plans, stalls, verbs
from rynek.bench.recording import rehearsal


def test_no_hot_query_must_read_a_large_table_whole(database_url: str) -> None:
    stalls.fill(database_url, plans.QUICK)
    plans.fill_past(database_url, plans.QUICK, plans.QUICK_ORDERS)
    found = plans.plans(database_url, may_scan=False)
    assert [plan for plan in found if plan.read_whole] == []
    assert {plan.verb for plan in found} == verbs.HOT.keys()
    used = {index for plan in found for index in plan.indexes}
    assert {"offers_pkey", "stock_pkey", "stock_moves_pkey", "tokens_pkey"} <= used


def test_a_query_without_an_index_is_found(database_url: str) -> None:
    stalls.fill(database_url, plans.QUICK)
    with rehearsal(database_url) as stage:
        stage.connection.execute("set local enable_seqscan = off")
        by_price = "select offer_id from offers where price_cents = 1"
        assert plans.explained(stage.connection, "by price", by_price).read_whole == ("offers",)
