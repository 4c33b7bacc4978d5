-- marts.vendor_daily: a vendor's days add up to its vendor orders and its refunds
-- window: vendor_id
with days as (
    select
        vendor_id,
        sum(orders) as orders,
        sum(net_cents) as net_cents,
        sum(placed_cents) as placed_cents,
        sum(refunded_cents) as refunded_cents,
        sum(refunded_of_sales_cents) as refunded_of_sales_cents
    from marts.vendor_daily
    group by vendor_id
),

vendor_orders as (
    select
        vendor_id,
        count(*) filter (where is_counted) as orders,
        sum(net_cents) filter (where is_counted) as net_cents,
        sum(items_cents) as placed_cents
    from marts.vendor_orders
    group by vendor_id
),

refunds as (
    select vendor_id, sum(items_cents) as refunded_cents
    from marts.refunds
    where is_booked
    group by vendor_id
)

select vendor_id, days.net_cents, vendor_orders.net_cents as orders_cents
from days
full outer join vendor_orders using (vendor_id)
left join refunds using (vendor_id)
where
    days.orders is distinct from vendor_orders.orders
    or coalesce(days.net_cents, 0) <> coalesce(vendor_orders.net_cents, 0)
    or days.placed_cents is distinct from vendor_orders.placed_cents
    or coalesce(days.refunded_cents, 0) <> coalesce(refunds.refunded_cents, 0)
    or coalesce(days.refunded_of_sales_cents, 0) <> coalesce(refunds.refunded_cents, 0)
