-- one fact per vendor order: its new state as the writing transaction sees it
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
                'line_cents', order_lines.line_cents
            ) order by order_lines.line_id
        ) as lines
    from order_lines
    join products using (product_id)
    join offers using (offer_id)
    where order_lines.vendor_order_id = any(%(vendor_order_ids)s)
    group by order_lines.vendor_order_id
)
insert into outbox (type, key, version, occurred_at, payload)
select
    'vendor_order.changed',
    'vor_' || vendor_orders.vendor_order_id,
    vendor_orders.version,
    %(now)s,
    jsonb_build_object(
        'vendor_order_id', vendor_orders.vendor_order_id,
        'order_id', vendor_orders.order_id,
        'vendor_id', vendor_orders.vendor_id,
        'shopper_pseudonym', vendor_orders.shopper_pseudonym,
        'status', vendor_orders.status,
        'placed_at', vendor_orders.placed_at,
        'paid_at', vendor_orders.paid_at,
        'shipped_at', vendor_orders.shipped_at,
        'delivered_at', vendor_orders.delivered_at,
        'cancelled_at', vendor_orders.cancelled_at,
        'cancel_reason', vendor_orders.cancel_reason,
        'ship_by_at', vendor_orders.ship_by_at,
        'deliver_by_date', vendor_orders.deliver_by_date,
        'items_cents', vendor_orders.items_cents,
        'shipping_cents', vendor_orders.shipping_cents,
        'commission_cents', vendor_orders.commission_cents,
        'processing_cents', vendor_orders.processing_cents,
        'net_cents', vendor_orders.net_cents,
        'refunded_cents', vendor_orders.refunded_cents,
        'units', vendor_orders.units,
        'lines', lines.lines
    )
from vendor_orders
join lines using (vendor_order_id)
order by vendor_orders.vendor_order_id
