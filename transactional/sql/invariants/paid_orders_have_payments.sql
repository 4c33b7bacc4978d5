-- one row per paid live order that no payment of exactly its total ended in
select
    'ord_' || orders.order_id as key,
    'the payments that ended in it sum to ' || coalesce(sum(payments.amount_cents), 0) || ' of '
    || orders.total_cents || ' cents' as detail
from orders
left join payments
    on orders.order_id = payments.order_id and payments.status = 'succeeded' and payments.ended_in = 'order'
where orders.source = 'live' and orders.status = 'paid'
group by orders.order_id
having coalesce(sum(payments.amount_cents), 0) <> orders.total_cents
order by orders.order_id
limit %(limit)s
