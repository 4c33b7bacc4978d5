-- grain: one vendor order, compact, so that a live fact can replace it whole
-- key: vendor_order_id
-- window: vendor_order_id
select
    vendor_order_id,
    order_id,
    version,
    vendor_id,
    order_date,
    placed_at,
    shopper_pseudonym,
    status,
    is_counted,
    items_cents,
    shipping_cents,
    commission_cents,
    processing_cents,
    commission_tax_cents,
    withheld_tax_cents,
    net_cents,
    units,
    is_paid
from staging.vendor_orders
order by vendor_id, placed_at
