-- one row per order, newest first, with the keys of its vendor orders, its hold and the payment that paid it, or its latest
with parts as (
    select order_id, array_agg(vendor_order_id order by vendor_order_id) as vendor_order_ids
    from vendor_orders
    where order_id = any(%(order_ids)s)
    group by order_id
),

latest_payments as (
    select distinct on (order_id) order_id, status, failure_code
    from payments
    where order_id = any(%(order_ids)s)
    order by order_id, ended_in is not distinct from 'order' desc, hold_generation desc
)

select
    orders.order_id,
    orders.shopper_id,
    orders.status,
    orders.items_cents,
    orders.shipping_cents,
    orders.discount_cents,
    orders.tax_cents,
    orders.total_cents,
    orders.refunded_cents,
    orders.ship_to_country,
    orders.placed_at,
    orders.paid_at,
    orders.cancelled_at,
    case when holds.status = 'active' then holds.expires_at end as hold_expires_at,
    latest_payments.status as payment_status,
    latest_payments.failure_code as payment_failure_code,
    coalesce(parts.vendor_order_ids, '{}') as vendor_order_ids
from orders
left join parts using (order_id)
left join holds using (order_id)
left join latest_payments using (order_id)
where orders.order_id = any(%(order_ids)s)
order by orders.order_id desc
