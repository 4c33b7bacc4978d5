"""Money's transactions lock the order before anything of it, so none wait in a ring."""

from concurrent.futures import ThreadPoolExecutor

from tests.rynek.local.stripe.standins import until
from tests.transactional.market import TestMarket
from transactional.database import statement
from transactional.settlement import transfers

WAITING = "select count(*) from pg_locks where not granted"


def test_marking_a_sent_transfer_waits_for_its_order_with_no_lock_of_its_own(
    market: TestMarket,
) -> None:
    """A refund that holds the order and comes to the transfer next met a deadlock here."""
    order_id = market.delivered_order((market.offer(), 1))
    wanted = {"now": market.clock(), "limit": 1}
    with market.database.transaction() as connection:
        due = connection.execute(statement("due_transfers"), wanted).fetchall()
        (claim,) = transfers._claim(connection, due, market.clock())

    def mark() -> None:
        with market.database.transaction() as connection:
            transfers._mark_sent(connection, claim, "tr_1", market.clock())

    with ThreadPoolExecutor(1) as beside:
        with market.database.transaction() as refund:
            refund.execute("select from orders where order_id = %s for update", (order_id,))
            marking = beside.submit(mark)
            until(lambda: market.value(WAITING) == 1)
            refund.execute(
                "select from transfers where transfer_id = %s for update nowait",
                (claim["transfer_id"],),
            )
        marking.result()
    assert market.value("select status from transfers") == "sent"
