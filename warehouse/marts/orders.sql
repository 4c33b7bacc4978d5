-- grain: one order; it counts while it is paid
-- key: order_id
-- window: order_id
with shares as (
    select
        order_id,
        count(*) as vendors,
        sum(units) as units,
        sum(commission_cents) as commission_cents,
        sum(processing_cents) as processing_cents,
        sum(net_cents) as net_cents
    from staging.vendor_orders
    group by order_id
)

select
    orders.order_id,
    orders.version,
    orders.shopper_pseudonym,
    orders.status,
    orders.status = 'paid' as is_counted,
    orders.order_date,
    orders.placed_at,
    orders.is_placed_at_estimated,
    orders.source,
    coalesce(shares.vendors, 0) as vendors,
    cast(coalesce(shares.units, 0) as bigint) as units,
    orders.items_cents,
    orders.shipping_cents,
    orders.total_cents,
    cast(coalesce(shares.commission_cents, 0) as bigint) as commission_cents,
    cast(coalesce(shares.processing_cents, 0) as bigint) as processing_cents,
    cast(coalesce(shares.net_cents, 0) as bigint) as net_cents,
    orders.refunded_cents,
    orders.paid_at is not null as is_paid
from staging.orders
left join shares using (order_id)
order by orders.placed_at
