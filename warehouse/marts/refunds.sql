-- grain: one line of a refund, dated twice: by the sale it takes back and by the day its money left
-- key: refund_line_id
-- window: refund_id
select
    refund_line_id,
    refund_id,
    order_id,
    vendor_order_id,
    line_id,
    vendor_id,
    product_id,
    offer_id,
    shopper_pseudonym,
    order_date as sale_date,
    booked_date as refund_date,
    origin,
    reason,
    quantity,
    items_cents,
    shipping_cents,
    items_cents + shipping_cents as refunded_cents,
    tax_cents,
    commission_cents,
    commission_tax_cents,
    processing_cents,
    withheld_tax_cents,
    vendor_cents,
    is_booked
from staging.refund_lines
order by vendor_id, refund_line_id
