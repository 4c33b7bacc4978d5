-- one row per live order whose journals do not move the balance at Stripe by what its payments, refunds, transfers,
-- reversals and disputes moved
with expected as (
    select order_id, sum(amount_cents) as cents
    from (
        select order_id, amount_cents from payments where source = 'live' and ended_in is not null
        union all
        select order_id, -amount_cents
        from refunds
        where status in ('pending', 'succeeded') and origin <> 'chargeback'
        union all
        select order_id, reversed_cents - amount_cents from transfers where status = 'sent'
        union all
        select order_id, -taken_cents - fee_cents from disputes
    ) as movements
    group by order_id
),

booked as (
    select journals.order_id, sum(postings.amount_cents) as cents
    from postings
    join journals using (journal_id)
    join accounts using (account_id)
    join orders using (order_id)
    where accounts.kind = 'stripe_balance' and orders.source = 'live'
    group by journals.order_id
)

select
    'ord_' || order_id as key,
    'the ledger moved the balance by ' || coalesce(booked.cents, 0) || ' cents, Stripe by '
    || coalesce(expected.cents, 0) as detail
from expected
full join booked using (order_id)
where coalesce(expected.cents, 0) <> coalesce(booked.cents, 0)
order by order_id
limit %(limit)s
