"""Events, sessions, funnel, lists and search terms against figures done by hand."""

from datetime import UTC, date, datetime, timedelta

import duckdb

from tests.warehouse.market import Market
from tests.warehouse.steps import load_and_build

Warehouse = duckdb.DuckDBPyConnection

MORNING = datetime(2026, 3, 10, 12, tzinfo=UTC)  # eight o'clock in New York
TENTH, ELEVENTH = date(2026, 3, 10), date(2026, 3, 11)


def at(minutes: int) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def test_thirty_minutes_of_rest_or_midnight_end_a_session(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup, ada = market.offer(market.vendor()), market.shopper()
    for kind, minutes in (
        ("view", 0), ("click", 29), ("view", 59), ("cart", 90), ("view", 950), ("view", 965),
    ):  # fmt: skip
        market.event(kind, ada.pseudonym, cup, at(minutes))
    market.order(ada, [(cup, 1)], at(100))
    market.order(ada, [(cup, 1)], at(95), status="pending_payment")
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select session_date, session_number, views, clicks, carts, vendor_orders, ended_at
           from marts.sessions order by all"""
    ).fetchall() == [
        (TENTH, 1, 2, 1, 0, 0, at(59)),  # half an hour to the minute is no rest
        (TENTH, 2, 0, 0, 1, 1, at(100)),
        (TENTH, 3, 1, 0, 0, 0, at(950)),
        (ELEVENTH, 1, 1, 0, 0, 0, at(965)),
    ]
    assert warehouse.sql(
        """select session_date, sessions, view_sessions, click_sessions, cart_sessions,
                  order_sessions, views from marts.funnel_daily order by all"""
    ).fetchall() == [(TENTH, 3, 2, 1, 1, 1, 3), (ELEVENTH, 1, 1, 0, 0, 0, 1)]


def test_each_shopper_has_sessions_of_their_own(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    cup, ada, bea = market.offer(market.vendor()), market.shopper(), market.shopper()
    for shopper, minutes in ((ada, 0), (bea, 20), (ada, 40)):
        market.event("view", shopper.pseudonym, cup, at(minutes))
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        "select shopper_pseudonym, began_at from marts.sessions order by began_at"
    ).fetchall() == [
        (ada.pseudonym, at(0)),
        (bea.pseudonym, at(20)),
        (ada.pseudonym, at(40)),
    ]


def test_who_only_orders_is_no_session_and_who_is_only_bought_from_was_not_met(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    met, bought_from = market.vendor(), market.vendor()
    cup, bowl = market.offer(met), market.offer(bought_from)
    ada, bea = market.shopper(), market.shopper()
    market.event("view", ada.pseudonym, cup, at(0))
    market.order(ada, [(bowl, 1)], at(10))
    market.order(bea, [(cup, 1)], at(20))
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql("select shopper_pseudonym, has_order from marts.sessions").fetchall() == [
        (ada.pseudonym, True)
    ]
    assert warehouse.sql(
        "select vendor_id, sessions, order_sessions from marts.funnel_daily"
    ).fetchall() == [(met, 1, 0)]


def test_a_search_term_is_told_from_five_people_on(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id = market.offer(market.vendor())

    def search(text: str, shopper: int, days_ago: int = 0, list_id: str | None = None) -> None:
        market.ask(
            """insert into behaviour_events
                   (event_id, occurred_at, type, shopper_pseudonym, query, list_id)
               values (gen_random_uuid(), %s, 'search', %s, %s, %s)""",
            MORNING - timedelta(days=days_ago), shopper, text, list_id,
        )  # fmt: skip

    for shopper in range(1, 6):
        search(" Cup" if shopper % 2 else "cup", shopper, days_ago=shopper)
    for shopper in range(1, 5):
        search("mug", shopper)
        search("mug", shopper)
    search("cup", 1, days_ago=90)
    search("cup", 1, list_id="bought")
    search("cup", 1, list_id="empty")
    for kind in ("impression", "click", "cart"):
        market.event(kind, 1, offer_id, MORNING, list_id="bought")
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql(
        """select term, searches, shoppers, clicked_searches, carted_searches,
                  unanswered_searches, first_date, last_date from marts.search_terms"""
    ).fetchall() == [("cup", 7, 5, 1, 1, 1, TENTH - timedelta(days=5), TENTH)]


def test_a_visitors_events_become_the_shoppers_after_signing_in(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id, shopper = market.offer(market.vendor()), market.shopper()
    market.event("view", market.visitor(merged_into=shopper), offer_id)
    market.event("view", 77, offer_id)
    market.order(shopper, [(offer_id, 4)])
    load_and_build(warehouse, pipeline_database_url)
    assert set(
        warehouse.sql("select shopper_pseudonym, type, quantity from marts.interactions").fetchall()
    ) == {
        (shopper.pseudonym, "view", None),
        (77, "view", None),
        (shopper.pseudonym, "purchase", 4),
    }


def test_a_list_is_a_search_or_a_recommendation_and_clicked_or_not_on_its_day(
    market: Market, warehouse: Warehouse, pipeline_database_url: str
) -> None:
    offer_id = market.offer(market.vendor())
    for kind, offer, list_id in [
        ("search", None, "clicked"), ("impression", offer_id, "clicked"),
        ("click", offer_id, "clicked"), ("search", None, "unanswered"),
        ("impression", offer_id, "home"), ("impression", offer_id, "home"),
        ("impression", offer_id, "cart"), ("click", offer_id, "cart"), ("view", offer_id, None),
    ]:  # fmt: skip
        market.event(kind, 77, offer, list_id=list_id)
    load_and_build(warehouse, pipeline_database_url)
    assert warehouse.sql("from marts.list_daily").fetchall() == [(TENTH, 2, 1, 1, 2, 1)]
