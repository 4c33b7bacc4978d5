"""The order desk: many orders in one transaction, each answered as if it were alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace
from psycopg.types.json import Jsonb

from tests.rynek.local.stripe.standins import until
from tests.transactional.market import TestMarket, Visit
from transactional import database
from transactional.checkout.carts import Destination, Wanted
from transactional.database import Database
from transactional.errors import MarketError
from transactional.facts import outbox
from transactional.http.order_answers import newly_placed
from transactional.ordering import orders
from transactional.ordering.placement import Application, Desk, Outcome, Placed


def cart(*lines: tuple[int, int]) -> dict[str, object]:
    return {
        "lines": [{"offer_id": f"off_{offer}", "quantity": quantity} for offer, quantity in lines]
    }


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_what_placing_answers_is_what_reading_the_order_gives(
    market: TestMarket, visit: Visit
) -> None:
    tea, cup = market.offer(units=9), market.offer(units=9, price_cents=333)
    shopper = visit("shopper", market.shopper()["shopper_id"])
    body = cart((cup, 2), (tea, 1), (cup, 1)) | {"ship_to": {"country": "DE", "city": "Köln"}}
    placed = shopper.post("/v1/orders", json=body, headers=keyed("k"))
    assert placed.status_code == 201
    assert placed.json() == shopper.get(f"/v1/orders/{placed.json()['order_id']}").json()
    again = shopper.post("/v1/orders", json=body, headers=keyed("k"))
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json()) == (201, placed.json())


def application(token: str, key: str, *lines: tuple[int, int]) -> Application:
    body = repr(lines).encode()
    return Application(token, key, body, [Wanted(*line) for line in lines])


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    """`placed`, `replayed`, `put off`, or the code of the refusal."""
    told = []
    for outcome in outcomes:
        if isinstance(outcome, Placed):
            told.append("replayed" if outcome.is_replayed else "placed")
        else:
            told.append(outcome.code if isinstance(outcome, MarketError) else "put off")
    return told


@pytest.fixture
def desk(market: TestMarket) -> Desk:
    return Desk(market.database, market.clock, newly_placed)


def test_each_order_of_a_batch_is_answered_for_itself(market: TestMarket, desk: Desk) -> None:
    tea, cup = market.offer(units=3), market.offer(units=100)
    ada = market.token("shopper", market.shopper()["shopper_id"])
    vendor = market.token("vendor", market.vendor())
    desk.serve([application(ada, "old", (cup, 1))])
    batch = [
        application(ada, "1", (tea, 2), (cup, 1)),
        application("rk_shopper_unknown", "2", (cup, 1)),
        application(vendor, "3", (cup, 1)),
        application(ada, "old", (cup, 1)),
        application(ada, "old", (cup, 2)),
        application(ada, "1", (tea, 2), (cup, 1)),
        application(ada, "4", (404, 1)),
        application(ada, "5", (tea, 2)),
        application(ada, "6", (tea, 1)),
        application(ada, "7", (tea, 1)),
    ]
    assert statuses(desk.serve(batch)) == [
        "placed",
        "unauthenticated",
        "forbidden",
        "replayed",
        "idempotency_key_reused",
        "put off",
        "offer_unknown",
        "out_of_stock",
        "placed",
        "out_of_stock",
    ]
    assert market.units(tea) == (0, 3, 0)
    assert market.value("select count(*) from orders") == 3
    assert statuses(desk.serve(batch[5:6])) == ["replayed"]
    audited = market.rows("select principal, subject from audit order by audit_id")
    assert [row["subject"] for row in audited] == ["ord_1", "ord_2", "ord_3"]


def test_a_lapsed_hold_refuses_its_units_to_nobody(market: TestMarket, desk: Desk) -> None:
    tea = market.offer(units=2)
    lapsed = market.order((tea, 2))
    token = market.token("shopper", market.shopper()["shopper_id"])
    assert statuses(desk.serve([application(token, "1", (tea, 2))])) == ["out_of_stock"]
    market.clock.advance(minutes=16)
    assert statuses(desk.serve([application(token, "1", (tea, 2))])) == ["placed"]
    assert market.status(lapsed) == "cancelled"


def test_an_order_that_spoils_the_batch_is_placed_by_itself(market: TestMarket, desk: Desk) -> None:
    tea = market.offer(units=10)
    token = market.token("shopper", market.shopper()["shopper_id"])
    batch = [application(token, str(n), (tea, 1)) for n in range(3)]
    spoiled = replace(batch[1], destination=Destination(address={"street": "a\0b"}))
    told = desk.serve([batch[0], spoiled, batch[2]])
    assert [isinstance(outcome, Placed) for outcome in told] == [True, False, True]
    assert isinstance(told[1], psycopg.Error)
    assert market.units(tea) == (8, 2, 0)


def test_units_that_another_took_meanwhile_are_refused_one_by_one(
    market: TestMarket, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = market.offer(units=3)
    token = market.token("shopper", market.shopper()["shopper_id"])
    write, others = orders.write, iter([(tea, 2)])

    def write_late(*values: Any) -> int:
        for taken in others:
            market.order(taken)
        return write(*values)

    monkeypatch.setattr(orders, "write", write_late)
    batch = [application(token, str(n), (tea, 1)) for n in range(3)]
    assert statuses(desk.serve(batch)) == ["placed", "out_of_stock", "out_of_stock"]
    assert market.units(tea) == (0, 3, 0)


def test_broken_connections_are_replaced(market: TestMarket, visit: Visit) -> None:
    tea = market.offer(units=10)
    shopper = visit("shopper", market.shopper()["shopper_id"])
    assert shopper.post("/v1/orders", json=cart((tea, 1)), headers=keyed("1")).status_code == 201
    with psycopg.connect(market.settings.database_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
            " and backend_type = 'client backend'"
        )
    assert shopper.post("/v1/orders", json=cart((tea, 1)), headers=keyed("2")).status_code == 201


WAITING = "select count(*) from pg_locks where not granted"


def test_a_locked_offer_holds_up_nobody_who_wants_another(market: TestMarket, visit: Visit) -> None:
    tea, cup = market.offer(units=10), market.offer(units=10)
    shopper = visit("shopper", market.shopper()["shopper_id"])

    def order(offer: int) -> int:
        wanted = {"json": cart((offer, 1)), "headers": keyed(f"{offer}")}
        return shopper.post("/v1/orders", **wanted).status_code

    with ThreadPoolExecutor(1) as beside:
        with market.database.transaction() as another:
            another.execute("select from stock where offer_id = %s for update", (tea,))
            held_up = beside.submit(order, tea)
            until(lambda: market.value(WAITING) == 1)
            assert order(cup) == 201
            assert not held_up.done()
        assert held_up.result() == 201


def test_who_waits_for_a_lock_in_vain_takes_nobody_along(
    market: TestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "lock_timeout=4s" in database.SESSION_OPTIONS
    hasty = database.SESSION_OPTIONS.replace("lock_timeout=4s", "lock_timeout=100ms")
    monkeypatch.setattr(database, "SESSION_OPTIONS", hasty)
    tea, cup = market.offer(units=10), market.offer(units=10)
    token = market.token("shopper", market.shopper()["shopper_id"])
    batch = [application(token, str(offer), (offer, 1)) for offer in (tea, cup, 404)]
    with Database(market.settings.database_url) as impatient:
        desk = Desk(impatient, market.clock, newly_placed)
        with market.database.transaction() as another:
            another.execute("select from stock where offer_id = %s for update", (tea,))
            told = statuses(desk.serve(batch))
        assert told == ["database_busy", "placed", "offer_unknown"]
        assert statuses(desk.serve(batch)) == ["placed", "replayed", "offer_unknown"]


def test_twins_at_the_same_moment_make_one_order_and_get_one_answer(
    market: TestMarket, desk: Desk
) -> None:
    tea = market.offer(units=10)
    token = market.token("shopper", market.shopper()["shopper_id"])
    twin = application(token, "k", (tea, 1))
    with ThreadPoolExecutor(8) as threads:
        told = [outcome for (outcome,) in threads.map(desk.serve, [[twin]] * 8)]
    assert statuses(told).count("placed") == 1
    assert set(statuses(told)) <= {"placed", "replayed", "put off"}
    assert statuses(desk.serve([twin])) == ["replayed"]
    assert market.units(tea) == (9, 1, 0)


def test_a_revoked_token_places_nothing_from_that_moment_on(
    market: TestMarket, visit: Visit
) -> None:
    tea = market.offer(units=10)
    shopper = visit("shopper", market.shopper()["shopper_id"])
    assert shopper.post("/v1/orders", json=cart((tea, 1)), headers=keyed("1")).status_code == 201
    token = shopper.headers["Authorization"].removeprefix("Bearer ")
    assert shopper.post("/v1/revoke", data={"token": token}).json() == {"has_revoked": True}
    answer = shopper.post("/v1/orders", json=cart((tea, 1)), headers=keyed("2"))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_desk_says_what_is_wrong_like_every_route(market: TestMarket, visit: Visit) -> None:
    shopper = visit("shopper", market.shopper()["shopper_id"])
    wrong: list[tuple[bytes, dict[str, str], int, str]] = [
        (b"{}", keyed("k"), 422, "invalid_request"),
        (b"no json", keyed("k"), 422, "invalid_request"),
        (b'{"lines":[{"offer_id":"off_1","quantity":0}]}', keyed("k"), 422, "invalid_request"),
        (b'{"lines":[{"offer_id":"off_1","quantity":1}]}', {}, 400, "idempotency_key_missing"),
        (b'{"lines":[{"offer_id":"off_1","quantity":1}]}', keyed("k"), 404, "offer_unknown"),
        (b"x" * 1_000_001, keyed("k"), 413, "body_too_large"),
    ]
    for body, headers, status, code in wrong:
        answer = shopper.post("/v1/orders", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body[:50]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-request-id"]


TOLD = "select key, version, payload from outbox where type = 'vendor_order.changed' order by id"


def test_what_placing_tells_is_what_the_tables_tell(market: TestMarket, desk: Desk) -> None:
    tea, cup = market.offer(units=9), market.offer(units=9, price_cents=333)
    token = market.token("shopper", market.shopper()["shopper_id"])
    desk.serve([application(token, str(n), (cup, 2), (tea, n)) for n in (1, 2)])
    told = market.rows(TOLD)
    with market.database.transaction() as connection:
        keys = [fact["payload"]["vendor_order_id"] for fact in told]
        outbox.write_vendor_orders(connection, keys, market.clock())
    again = market.rows(TOLD)[len(told) :]
    assert len(told) == 4
    assert [plain(fact) for fact in told] == [plain(fact) for fact in again]


def plain(fact: dict[str, Any]) -> dict[str, Any]:
    """Times are compared as times: JSON has two ways to write UTC."""
    placed_at = datetime.fromisoformat(fact["payload"]["placed_at"])
    return fact | {"payload": fact["payload"] | {"placed_at": placed_at}}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("orders", {"order_id": 9, "shopper_id": 404}),
        ("vendor_orders", {"vendor_order_id": 9, "order_id": 404}),
        ("vendor_orders", {"vendor_order_id": 9, "vendor_id": 404}),
        ("order_lines", {"line_id": 9, "vendor_order_id": 404}),
        ("order_lines", {"line_id": 9, "product_id": 404}),
        ("holds", {"order_id": 404}),
    ],
)
def test_a_row_that_refers_to_nothing_is_refused(
    market: TestMarket, table: str, change: dict[str, int]
) -> None:
    market.order((market.offer(), 1))
    copied = f"insert into {table} select (jsonb_populate_record({table}, %s)).* from {table}"
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="does not exist"):
        market.rows(f"{copied} returning *", Jsonb(change))
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="for ever"):
        market.rows(f"update {table} set {list(change)[-1]} = 404 returning *")


AT_THE_COMMIT = """
create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'the commit is refused'; end $$;
create constraint trigger refuse after insert on orders deferrable initially deferred
for each row execute function refuse();
"""


def test_what_only_shows_at_the_commit_is_no_order(market: TestMarket, desk: Desk) -> None:
    tea = market.offer(units=9)
    token = market.token("shopper", market.shopper()["shopper_id"])
    with market.database.transaction() as connection:
        connection.execute(AT_THE_COMMIT)
    batch = [application(token, str(n), (tea, 1)) for n in range(2)]
    try:
        told = statuses(desk.serve(batch))
    finally:
        with market.database.transaction() as connection:
            connection.execute("drop function refuse cascade")
    assert told == ["database_busy", "database_busy"]
    assert market.units(tea) == (9, 0, 0)
    assert statuses(desk.serve(batch)) == ["placed", "placed"]


def test_what_fails_between_two_writes_leaves_neither(
    market: TestMarket, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = market.offer(units=9)
    token = market.token("shopper", market.shopper()["shopper_id"])

    def fail(*_: Any) -> None:
        raise RuntimeError("between orders and their stock")

    with monkeypatch.context() as patched:
        patched.setattr(orders, "hold", fail)
        (told,) = desk.serve([application(token, "1", (tea, 1))])
    assert isinstance(told, RuntimeError)
    assert market.value("select count(*) from orders") == 0
    assert statuses(desk.serve([application(token, "1", (tea, 1))])) == ["placed"]
