-- one row per vendor whose balance in the ledger is not sales − refunds − transfers + reversals + adjustments
with expected as (
    select vendor_id, sum(amount_cents) as owed_cents
    from (
        select vendor_orders.vendor_id, vendor_orders.net_cents as amount_cents
        from vendor_orders
        join orders using (order_id)
        where
            vendor_orders.status in ('paid', 'shipped', 'delivered')
            or (vendor_orders.status = 'cancelled' and orders.source = 'live' and orders.status = 'paid')
        union all
        select refund_lines.vendor_id, -refund_lines.vendor_cents
        from refund_lines
        join refunds using (refund_id)
        where refunds.booked_at is not null
        union all
        select vendor_id, reversed_cents - amount_cents from transfers where status in ('sent', 'imported')
        union all
        select vendor_id, amount_cents from adjustments
    ) as movements
    group by vendor_id
),

balances as (
    select accounts.vendor_id, -sum(postings.amount_cents) as owed_cents
    from accounts
    join postings using (account_id)
    where accounts.kind = 'vendor_payable'
    group by accounts.vendor_id
)

select
    'ven_' || vendor_id as key,
    'the ledger owes it ' || coalesce(balances.owed_cents, 0) || ' cents, its orders, refunds, transfers and '
    || 'adjustments ' || coalesce(expected.owed_cents, 0) as detail
from expected
full join balances using (vendor_id)
where coalesce(expected.owed_cents, 0) <> coalesce(balances.owed_cents, 0)
order by vendor_id
limit %(limit)s
