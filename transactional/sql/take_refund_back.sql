-- a refund that was never made counts no more in the sums of its order and of the parts
with parts as (
    select
        refunds.order_id,
        refund_lines.vendor_order_id,
        sum(refund_lines.items_cents + refund_lines.shipping_cents) as refunded_cents,
        sum(refund_lines.vendor_cents) as vendor_refunded_cents
    from refund_lines
    join refunds using (refund_id)
    where refund_lines.refund_id = %(refund_id)s
    group by refunds.order_id, refund_lines.vendor_order_id
),

taken_back as (
    update vendor_orders set
        refunded_cents = vendor_orders.refunded_cents - parts.refunded_cents,
        vendor_refunded_cents = vendor_orders.vendor_refunded_cents - parts.vendor_refunded_cents,
        version = vendor_orders.version + 1
    from parts
    where vendor_orders.vendor_order_id = parts.vendor_order_id
),

whole as (
    select order_id, sum(refunded_cents) as refunded_cents from parts group by order_id
)

update orders set
    refunded_cents = orders.refunded_cents - whole.refunded_cents,
    version = orders.version + 1
from whole
where orders.order_id = whole.order_id
