-- grain: one paid vendor order and how it was served, each promise by its own day
-- key: vendor_order_id
-- window: order_id
with disputed as (
    select distinct order_id
    from staging.disputes
),

complained as (
    select distinct vendor_order_id, order_id
    from staging.reviews
    where is_counted and stars <= 2
)

select
    vendor_orders.vendor_order_id,
    vendor_orders.order_id,
    vendor_orders.vendor_id,
    vendor_orders.order_date,
    vendor_orders.ship_by_date,
    vendor_orders.deliver_by_date,
    vendor_orders.status = 'cancelled'
        and vendor_orders.cancel_reason in ('vendor', 'not_shipped') as is_cancelled_by_vendor,
    vendor_orders.status = 'cancelled' as is_cancelled,
    vendor_orders.shipped_at is not null as is_shipped,
    coalesce(vendor_orders.shipped_at > vendor_orders.ship_by_at, false) as is_shipped_late,
    vendor_orders.delivered_at is not null as is_delivered,
    coalesce(vendor_orders.delivered_date <= vendor_orders.deliver_by_date, false)
        as is_delivered_on_time,
    disputed.order_id is not null as is_disputed,
    complained.order_id is not null as is_complained_of
from staging.vendor_orders
left join disputed using (order_id)
left join complained using (order_id, vendor_order_id)
where vendor_orders.is_paid
order by vendor_orders.vendor_id, vendor_orders.vendor_order_id
