-- one row per vendor order whose sums are not those of its lines
with lines as (
    select
        vendor_order_id,
        sum(line_cents) as items_cents,
        sum(shipping_cents) as shipping_cents,
        sum(commission_cents) as commission_cents,
        sum(processing_cents) as processing_cents,
        sum(quantity) as units
    from order_lines
    group by vendor_order_id
)

select
    'vor_' || vendor_orders.vendor_order_id as key,
    'its lines sum to ' || coalesce(lines.items_cents, 0) || ' + ' || coalesce(lines.shipping_cents, 0)
    || ' − ' || coalesce(lines.commission_cents, 0) || ' − ' || coalesce(lines.processing_cents, 0)
    || ' cents in ' || coalesce(lines.units, 0) || ' units' as detail
from vendor_orders
left join lines using (vendor_order_id)
where
    (
        vendor_orders.items_cents, vendor_orders.shipping_cents, vendor_orders.commission_cents,
        vendor_orders.processing_cents, vendor_orders.units
    ) is distinct from (
        lines.items_cents, lines.shipping_cents, lines.commission_cents, lines.processing_cents, lines.units
    )
order by vendor_orders.vendor_order_id
limit %(limit)s
