-- grain: one line of the last hundred vendor orders of each vendor
-- key: line_id
-- window: vendor_id
with recent as (
    select vendor_order_id
    from marts.vendor_orders
    qualify row_number() over (
        partition by vendor_id order by placed_at desc, vendor_order_id desc
    ) <= 100
)

select
    order_lines.vendor_id,
    order_lines.vendor_order_id,
    order_lines.line_id,
    order_lines.offer_id,
    order_lines.product_id,
    offers.title,
    offers.sku,
    order_lines.quantity,
    order_lines.line_cents
from marts.order_lines
inner join recent using (vendor_order_id)
left join marts.offers using (offer_id)
order by order_lines.vendor_id, order_lines.vendor_order_id, order_lines.line_id
