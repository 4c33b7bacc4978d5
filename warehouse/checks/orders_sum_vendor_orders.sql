-- marts.orders: an order is the sum of its vendor orders
-- window: order_id
with shares as (
    select
        order_id,
        sum(items_cents) as items_cents,
        sum(shipping_cents) as shipping_cents,
        sum(net_cents + commission_cents + processing_cents) as total_cents
    from marts.vendor_orders
    group by order_id
)

select orders.order_id, orders.total_cents, shares.total_cents as shares_cents
from marts.orders
left join shares using (order_id)
where
    orders.items_cents <> coalesce(shares.items_cents, 0)
    or orders.shipping_cents <> coalesce(shares.shipping_cents, 0)
    or orders.total_cents <> coalesce(shares.total_cents, 0)
