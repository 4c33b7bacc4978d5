-- one row per paid live order and account whose fees or taxes in the ledger are not its sale's less its refunds'
with sides as (
    select
        vendor_orders.order_id,
        vendor_orders.commission_cents,
        vendor_orders.commission_tax_cents,
        vendor_orders.processing_cents,
        vendor_orders.withheld_tax_cents
    from vendor_orders
    join orders using (order_id)
    where orders.status = 'paid' and orders.source = 'live'
    union all
    select
        refunds.order_id,
        -refund_lines.commission_cents,
        -refund_lines.commission_tax_cents,
        -refund_lines.processing_cents,
        -refund_lines.withheld_tax_cents
    from refund_lines
    join refunds using (refund_id)
    where refunds.booked_at is not null
),

expected as (
    select sides.order_id, named.kind, sum(named.cents) as cents
    from sides
    cross join lateral (
        values
        ('commission_revenue', sides.commission_cents),
        ('commission_tax_payable', sides.commission_tax_cents),
        ('processing_recovery', sides.processing_cents),
        ('tax_payable', sides.withheld_tax_cents)
    ) as named (kind, cents)
    group by sides.order_id, named.kind
),

booked as (
    select journals.order_id, accounts.kind, -sum(postings.amount_cents) as cents
    from postings
    join journals using (journal_id)
    join accounts using (account_id)
    join orders using (order_id)
    where
        orders.source = 'live'
        and accounts.kind in (
            'commission_revenue', 'commission_tax_payable', 'processing_recovery', 'tax_payable'
        )
    group by journals.order_id, accounts.kind
)

select
    'ord_' || order_id as key,
    kind || ' has ' || coalesce(booked.cents, 0) || ' cents, the sale and its refunds '
    || coalesce(expected.cents, 0) as detail
from expected
full join booked using (order_id, kind)
where coalesce(expected.cents, 0) <> coalesce(booked.cents, 0)
order by order_id, kind
limit %(limit)s
