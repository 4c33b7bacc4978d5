-- marts.vendor_daily: a vendor's days add up to its counted vendor orders
with days as (
    select vendor_id, sum(orders) as orders, sum(net_cents) as net_cents
    from marts.vendor_daily
    group by vendor_id
),

vendor_orders as (
    select vendor_id, count(*) as orders, sum(net_cents) as net_cents
    from marts.vendor_orders
    where is_counted
    group by vendor_id
)

select vendor_id, days.net_cents, vendor_orders.net_cents as orders_cents
from days
full outer join vendor_orders using (vendor_id)
where
    coalesce(days.orders, 0) <> coalesce(vendor_orders.orders, 0)
    or coalesce(days.net_cents, 0) <> coalesce(vendor_orders.net_cents, 0)
