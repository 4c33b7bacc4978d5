-- one row per vendor order whose refunded sums, or whose order's, are not those of the refunds that count
with parts as (
    select
        refund_lines.vendor_order_id,
        sum(refund_lines.items_cents + refund_lines.shipping_cents) as refunded_cents,
        sum(refund_lines.vendor_cents) as vendor_refunded_cents
    from refund_lines
    join refunds using (refund_id)
    where refunds.status <> 'failed' or refunds.booked_at is not null
    group by refund_lines.vendor_order_id
),

wholes as (
    select order_id, sum(refunded_cents) as refunded_cents from vendor_orders group by order_id
)

select
    'vor_' || vendor_orders.vendor_order_id as key,
    'it says ' || vendor_orders.refunded_cents || ' cents went back, ' || vendor_orders.vendor_refunded_cents
    || ' of them the vendor''s, its refunds ' || coalesce(parts.refunded_cents, 0) || ' and '
    || coalesce(parts.vendor_refunded_cents, 0) || '; its order says ' || orders.refunded_cents as detail
from vendor_orders
join orders using (order_id)
join wholes using (order_id)
left join parts using (vendor_order_id)
where
    vendor_orders.refunded_cents <> coalesce(parts.refunded_cents, 0)
    or vendor_orders.vendor_refunded_cents <> coalesce(parts.vendor_refunded_cents, 0)
    or orders.refunded_cents <> wholes.refunded_cents
order by vendor_orders.vendor_order_id
limit %(limit)s
