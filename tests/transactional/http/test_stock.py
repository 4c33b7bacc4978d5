"""Stock over HTTP: many offers counted at once, each row by itself, and the journal of one."""

from typing import Any

from tests.transactional.market import TestMarket, Visit


def count(visit: Any, *counts: dict[str, Any], key: str = "k") -> list[tuple[str, int | None]]:
    answer = visit.post(
        "/v1/stock/bulk", json={"counts": list(counts)}, headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 200, answer.text
    return [(row["outcome"], row["available_units"]) for row in answer.json()["results"]]


def test_good_counts_are_done_and_each_bad_one_says_why(market: TestMarket, visit: Visit) -> None:
    vendor = market.vendor()
    tea, cup = market.offer(vendor=vendor, units=10), market.offer(vendor=vendor, units=2)
    foreign = market.offer(units=4)
    outcomes = count(
        visit("vendor", vendor),
        {"offer_id": f"off_{cup}", "add_units": -3},
        {"offer_id": f"off_{tea}", "set_units": 7},
        {"offer_id": f"off_{foreign}", "set_units": 99},
        {"offer_id": f"off_{cup}", "add_units": 5},
        {"offer_id": f"off_{tea}", "set_units": 7},
        {"offer_id": f"off_{tea}", "add_units": -1},
    )
    assert outcomes == [
        ("units_lacking", 2),
        ("moved", 7),
        ("offer_unknown", None),
        ("moved", 7),
        ("unchanged", 7),
        ("moved", 6),
    ]
    assert [market.units(offer)[0] for offer in (tea, cup, foreign)] == [6, 7, 4]


def test_a_count_leaves_alone_what_is_held_and_sold(market: TestMarket, visit: Visit) -> None:
    tea = market.offer(units=10)
    market.order((tea, 3))
    operator = visit("operator")
    assert count(operator, {"offer_id": f"off_{tea}", "set_units": 5}) == [("moved", 5)]
    assert market.units(tea) == (5, 3, 0)
    assert count(operator, {"offer_id": f"off_{tea}", "set_units": 5}) == [("moved", 5)]
    assert market.units(tea) == (5, 3, 0), "the second was a replay"


def test_a_count_is_either_a_total_or_an_addition(market: TestMarket, visit: Visit) -> None:
    tea = f"off_{market.offer()}"
    for wrong in ({"offer_id": tea}, {"offer_id": tea, "set_units": 1, "add_units": 1}):
        answer = visit("operator").post(
            "/v1/stock/bulk", json={"counts": [wrong]}, headers={"Idempotency-Key": "k"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_vendor_reads_the_journal_of_its_own_offers_page_by_page(
    market: TestMarket, visit: Visit
) -> None:
    vendor = market.vendor()
    tea = market.offer(vendor=vendor, units=10)
    order_id = market.order((tea, 3))
    own, path = visit("vendor", vendor), f"/v1/offers/off_{tea}/stock-moves"
    first = own.get(path, params={"limit": 1}).json()
    assert [(move["kind"], move["order_id"]) for move in first["data"]] == [
        ("held", f"ord_{order_id}")
    ]
    second = own.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [move["kind"] for move in second["data"]] == ["opened"]
    assert visit("vendor", market.vendor()).get(path).status_code == 404
