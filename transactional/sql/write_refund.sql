-- one row: the new refund's key; its lines are written with it, and count in the sums of the order and its parts
with new_refund as (
    insert into refunds (order_id, payment_id, origin, status, reason, amount_cents, created_at, booked_at)
    values (
        %(order_id)s, %(payment_id)s, %(origin)s, %(status)s, %(reason)s, %(amount_cents)s, %(now)s, %(booked_at)s
    )
    returning refund_id
),

lines as (
    select *
    from jsonb_to_recordset(%(lines)s) as line (
        line_id bigint, vendor_order_id bigint, vendor_id bigint, quantity bigint, restocked_units bigint,
        items_cents bigint, shipping_cents bigint, tax_cents bigint, withheld_tax_cents bigint,
        commission_cents bigint, commission_tax_cents bigint, processing_cents bigint, vendor_cents bigint
    )
),

new_lines as (
    insert into refund_lines (
        refund_id, line_id, vendor_order_id, vendor_id, quantity, restocked_units, items_cents, shipping_cents,
        tax_cents, withheld_tax_cents, commission_cents, commission_tax_cents, processing_cents, vendor_cents
    )
    select
        new_refund.refund_id, line_id, vendor_order_id, vendor_id, quantity, restocked_units, items_cents,
        shipping_cents, tax_cents, withheld_tax_cents, commission_cents, commission_tax_cents, processing_cents,
        vendor_cents
    from lines
    cross join new_refund
    order by line_id
),

parts as (
    select
        vendor_order_id,
        sum(items_cents + shipping_cents) as refunded_cents,
        sum(vendor_cents) as vendor_refunded_cents
    from lines
    group by vendor_order_id
),

counted as (
    update vendor_orders set
        refunded_cents = vendor_orders.refunded_cents + parts.refunded_cents,
        vendor_refunded_cents = vendor_orders.vendor_refunded_cents + parts.vendor_refunded_cents,
        version = vendor_orders.version + 1
    from parts
    where vendor_orders.vendor_order_id = parts.vendor_order_id
),

counted_whole as (
    update orders set
        refunded_cents = refunded_cents + (select sum(refunded_cents) from parts),
        version = version + 1
    where order_id = %(order_id)s and exists (select from parts)
)

select refund_id from new_refund
