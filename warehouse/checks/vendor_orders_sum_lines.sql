-- marts.vendor_orders: a vendor order is the sum of its lines
-- window: vendor_order_id
with lines as (
    select
        vendor_order_id,
        sum(quantity) as units,
        sum(line_cents) as items_cents,
        sum(shipping_cents) as shipping_cents,
        sum(commission_cents) as commission_cents,
        sum(processing_cents) as processing_cents
    from marts.order_lines
    group by vendor_order_id
)

select vendor_orders.vendor_order_id
from marts.vendor_orders
left join lines using (vendor_order_id)
where
    vendor_orders.units <> coalesce(lines.units, 0)
    or vendor_orders.items_cents <> coalesce(lines.items_cents, 0)
    or vendor_orders.shipping_cents <> coalesce(lines.shipping_cents, 0)
    or vendor_orders.commission_cents <> coalesce(lines.commission_cents, 0)
    or vendor_orders.processing_cents <> coalesce(lines.processing_cents, 0)
