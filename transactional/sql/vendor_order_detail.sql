-- one row per vendor order, newest first, with its lines
with lines as (
    select
        order_lines.vendor_order_id,
        jsonb_agg(
            jsonb_build_object(
                'line_id', order_lines.line_id,
                'offer_id', order_lines.offer_id,
                'product_id', order_lines.product_id,
                'title', products.title,
                'sku', offers.sku,
                'quantity', order_lines.quantity,
                'line_cents', order_lines.line_cents,
                'shipping_cents', order_lines.shipping_cents,
                'discount_cents', order_lines.discount_cents,
                'tax_cents', order_lines.tax_cents,
                'commission_cents', order_lines.commission_cents,
                'processing_cents', order_lines.processing_cents
            ) order by order_lines.line_id
        ) as lines
    from order_lines
    join products using (product_id)
    join offers using (offer_id)
    where order_lines.vendor_order_id = any(%(vendor_order_ids)s)
    group by order_lines.vendor_order_id
)

select
    vendor_orders.vendor_order_id,
    vendor_orders.order_id,
    vendor_orders.vendor_id,
    vendor_orders.status,
    vendor_orders.items_cents,
    vendor_orders.shipping_cents,
    vendor_orders.commission_cents,
    vendor_orders.processing_cents,
    vendor_orders.net_cents,
    vendor_orders.discount_cents,
    vendor_orders.tax_cents,
    vendor_orders.withheld_tax_cents,
    vendor_orders.commission_tax_cents,
    vendor_orders.refunded_cents,
    vendor_orders.vendor_refunded_cents,
    vendor_orders.units,
    vendor_orders.placed_at,
    vendor_orders.paid_at,
    vendor_orders.ship_by_at,
    vendor_orders.deliver_by_date,
    vendor_orders.shipped_at,
    vendor_orders.delivered_at,
    vendor_orders.cancelled_at,
    vendor_orders.cancel_reason,
    vendor_orders.carrier,
    vendor_orders.tracking_code,
    vendor_orders.version,
    coalesce(lines.lines, '[]'::jsonb) as lines
from vendor_orders
left join lines using (vendor_order_id)
where vendor_orders.vendor_order_id = any(%(vendor_order_ids)s)
order by vendor_orders.vendor_order_id desc
