-- one journal per paid order: balance at Stripe against vendors' payables, the platform's fees and the taxes
with sales as (
    select order_id, paid_at, total_cents from orders where order_id = any(%(order_ids)s) and status = 'paid'
),

new_journals as (
    insert into journals (kind, order_id, reference, currency, occurred_at)
    select 'sale', sales.order_id, 'ord_' || sales.order_id, installation.currency, sales.paid_at
    from sales
    cross join installation
    order by sales.order_id
    returning journal_id, order_id
),

amounts as (
    select order_id, 'stripe_balance' as kind, null::bigint as vendor_id, total_cents as amount_cents
    from sales
    union all
    select order_id, 'vendor_payable', vendor_id, -net_cents
    from vendor_orders
    join sales using (order_id)
    union all
    select order_id, 'commission_revenue', null, -sum(commission_cents)::bigint
    from vendor_orders
    join sales using (order_id)
    group by order_id
    union all
    select order_id, 'processing_recovery', null, -sum(processing_cents)::bigint
    from vendor_orders
    join sales using (order_id)
    group by order_id
    union all
    select order_id, 'commission_tax_payable', null, -sum(commission_tax_cents)::bigint
    from vendor_orders
    join sales using (order_id)
    group by order_id
    union all
    select order_id, 'tax_payable', null, -sum(withheld_tax_cents)::bigint
    from vendor_orders
    join sales using (order_id)
    group by order_id
)

insert into postings (journal_id, account_id, amount_cents)
select new_journals.journal_id, accounts.account_id, amounts.amount_cents
from amounts
join new_journals using (order_id)
join accounts on accounts.kind = amounts.kind and accounts.vendor_id is not distinct from amounts.vendor_id
where amounts.amount_cents <> 0
order by new_journals.journal_id, accounts.account_id
