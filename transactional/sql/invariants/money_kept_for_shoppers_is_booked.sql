-- one row per order whose unmatched payments in the ledger are not the refunds that still have to reach the shopper:
-- late captures until Stripe has them, and refunds that came back
with expected as (
    select order_id, sum(amount_cents) as cents
    from refunds
    where
        status in ('due', 'sending', 'failed')
        and (booked_at is not null or origin = 'late_capture')
        and failure_code is distinct from 'charged_back'
    group by order_id
),

booked as (
    select journals.order_id, -sum(postings.amount_cents) as cents
    from postings
    join journals using (journal_id)
    join accounts using (account_id)
    where accounts.kind = 'unmatched_payments'
    group by journals.order_id
)

select
    'ord_' || order_id as key,
    'the ledger keeps ' || coalesce(booked.cents, 0) || ' cents for the shopper, refunds '
    || coalesce(expected.cents, 0) as detail
from expected
full join booked using (order_id)
where coalesce(expected.cents, 0) <> coalesce(booked.cents, 0)
order by order_id
limit %(limit)s
