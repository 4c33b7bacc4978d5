-- one row per order whose disputed funds in the ledger are not what banks have of it without a verdict
with expected as (
    select order_id, sum(taken_cents) as cents from disputes where status <> 'lost' group by order_id
),

booked as (
    select journals.order_id, sum(postings.amount_cents) as cents
    from postings
    join journals using (journal_id)
    join accounts using (account_id)
    where accounts.kind = 'disputed_funds'
    group by journals.order_id
)

select
    'ord_' || order_id as key,
    'the ledger has ' || coalesce(booked.cents, 0) || ' disputed cents, banks ' || coalesce(expected.cents, 0)
    as detail
from expected
full join booked using (order_id)
where coalesce(expected.cents, 0) <> coalesce(booked.cents, 0)
order by order_id
limit %(limit)s
