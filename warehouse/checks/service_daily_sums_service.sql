-- marts.service_daily: the days of a vendor add up to its paid vendor orders
with days as (
    select
        vendor_id,
        sum(paid_orders) as paid_orders,
        sum(shipped_late_orders) as late_orders,
        sum(on_time_orders) as on_time_orders
    from marts.service_daily
    group by vendor_id
),

orders as (
    select
        vendor_id,
        count(*) as paid_orders,
        count(*) filter (where is_shipped_late) as late_orders,
        count(*) filter (where is_delivered_on_time and not is_cancelled) as on_time_orders
    from marts.service
    group by vendor_id
)

select vendor_id, days.paid_orders, orders.paid_orders as served_orders
from days
full outer join orders using (vendor_id)
where
    days.paid_orders is distinct from orders.paid_orders
    or days.late_orders is distinct from orders.late_orders
    or days.on_time_orders is distinct from orders.on_time_orders
