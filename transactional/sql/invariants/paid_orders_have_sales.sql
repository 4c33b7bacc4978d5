-- one row per paid order whose sale journal is missing or does not bring in its total
with sales as (
    select journals.order_id, sum(postings.amount_cents) as amount_cents
    from journals
    join postings using (journal_id)
    join accounts using (account_id)
    where journals.kind = 'sale' and accounts.kind = 'stripe_balance'
    group by journals.order_id
)

select
    'ord_' || orders.order_id as key,
    'its sale brought in ' || coalesce(sales.amount_cents, 0) || ' of ' || orders.total_cents || ' cents' as detail
from orders
left join sales using (order_id)
where orders.status = 'paid' and coalesce(sales.amount_cents, 0) <> orders.total_cents
order by orders.order_id
limit %(limit)s
