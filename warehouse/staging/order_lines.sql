-- grain: one order line, with the day, the shopper and the state of its vendor order
with vendor_orders as (
    select vendor_order_id, shopper_pseudonym, order_date, is_counted
    from staging.vendor_orders
)

select
    order_lines.line_id,
    order_lines.order_id,
    order_lines.vendor_order_id,
    order_lines.vendor_id,
    order_lines.offer_id,
    order_lines.product_id,
    vendor_orders.shopper_pseudonym,
    vendor_orders.order_date,
    order_lines.placed_at,
    order_lines.quantity,
    order_lines.line_cents,
    order_lines.shipping_cents,
    order_lines.commission_cents,
    order_lines.processing_cents,
    vendor_orders.is_counted
from source.order_lines
inner join vendor_orders using (vendor_order_id)
