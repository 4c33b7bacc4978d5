-- marts.recent_order_items: the items shown of an order are all of it
-- window: vendor_id
with items as (
    select vendor_id, vendor_order_id, sum(line_cents) as items_cents, sum(quantity) as units
    from marts.recent_order_items
    group by vendor_id, vendor_order_id
)

select vendor_id, vendor_order_id, items.items_cents, vendor_orders.items_cents as order_cents
from items
left join marts.vendor_orders using (vendor_id, vendor_order_id)
where
    items.items_cents is distinct from vendor_orders.items_cents
    or items.units is distinct from vendor_orders.units
