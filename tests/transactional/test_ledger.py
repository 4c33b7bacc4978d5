import psycopg
import pytest

from tests.transactional.market import TestMarket


def postings(market: TestMarket, kind: str) -> list[tuple[str, int | None, int]]:
    rows = market.rows(
        "select accounts.kind, vendor_id, amount_cents from postings"
        " join journals using (journal_id) join accounts using (account_id)"
        " where journals.kind = %s order by accounts.kind, vendor_id",
        kind,
    )
    return [(row["kind"], row["vendor_id"], row["amount_cents"]) for row in rows]


def test_a_sale_brings_in_the_total_owes_the_vendors_and_keeps_the_fees(
    market: TestMarket,
) -> None:
    first, second = market.vendor(), market.vendor()
    order_id = market.paid_order(
        (market.offer(vendor=first, price_cents=1_999), 2),
        (market.offer(vendor=second, price_cents=500), 1),
    )
    assert postings(market, "sale") == [
        ("commission_revenue", None, -135),
        ("processing_recovery", None, -159),
        ("stripe_balance", None, 5_478),
        ("vendor_payable", first, -4_238),
        ("vendor_payable", second, -946),
    ]
    (journal,) = market.rows("select * from journals")
    assert (journal["reference"], journal["currency"]) == (f"ord_{order_id}", "USD")


def test_fees_of_nothing_are_not_posted(market: TestMarket) -> None:
    market.paid_order((market.offer(price_cents=1), 1))
    kinds = [kind for kind, _, _ in postings(market, "sale")]
    assert kinds == ["processing_recovery", "stripe_balance", "vendor_payable"]


def unbalanced(market: TestMarket) -> None:
    market.rows(
        "with j as (insert into journals (kind, reference, currency, occurred_at)"
        " values ('adjustment', 'adj_1', 'USD', now()) returning journal_id)"
        " insert into postings (journal_id, account_id, amount_cents)"
        " select journal_id, (select min(account_id) from accounts), 1 from j returning 1"
    )


def test_the_database_refuses_a_journal_that_does_not_balance(market: TestMarket) -> None:
    market.vendor()
    with pytest.raises(psycopg.errors.CheckViolation, match="sum to 1 cents, not 0"):
        unbalanced(market)


@pytest.mark.parametrize(
    "rewrite",
    [
        "update postings set amount_cents = amount_cents * 2 returning 1",
        "delete from postings returning 1",
        "update journals set kind = 'adjustment' returning 1",
        "delete from journals returning 1",
    ],
)
def test_the_ledger_is_append_only(market: TestMarket, rewrite: str) -> None:
    market.paid_order((market.offer(), 1))
    with pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
        market.rows(rewrite)


def test_an_order_is_sold_once_by_the_database_too(market: TestMarket) -> None:
    order_id = market.paid_order((market.offer(), 1))
    with pytest.raises(psycopg.errors.UniqueViolation):
        market.rows(
            "insert into journals (kind, reference, currency, occurred_at)"
            " values ('sale', %s, 'USD', now()) returning 1",
            f"ord_{order_id}",
        )
