-- one row per order whose sums are not those of its vendor orders; an imported order may have none
with parts as (
    select order_id, sum(items_cents) as items_cents, sum(shipping_cents) as shipping_cents
    from vendor_orders
    group by order_id
)

select
    'ord_' || orders.order_id as key,
    'it says ' || orders.items_cents || ' + ' || orders.shipping_cents || ' cents, its vendor orders '
    || coalesce(parts.items_cents, 0) || ' + ' || coalesce(parts.shipping_cents, 0) as detail
from orders
left join parts using (order_id)
where
    (orders.items_cents, orders.shipping_cents)
    is distinct from (coalesce(parts.items_cents, 0), coalesce(parts.shipping_cents, 0))
order by orders.order_id
limit %(limit)s
