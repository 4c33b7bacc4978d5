-- one row per row of a checkout that refers to what does not exist: the database checks these references when they
-- are written, and nothing referred to is ever deleted
with missing as (
    select 'ord_' || order_id as key, 'its shp_' || shopper_id as reference
    from orders
    where not exists (select from shoppers where shoppers.shopper_id = orders.shopper_id)
    union all
    select 'vor_' || vendor_order_id, 'its ord_' || order_id
    from vendor_orders
    where not exists (select from orders where orders.order_id = vendor_orders.order_id)
    union all
    select 'vor_' || vendor_order_id, 'its ven_' || vendor_id
    from vendor_orders
    where not exists (select from vendors where vendors.vendor_id = vendor_orders.vendor_id)
    union all
    select 'lin_' || line_id, 'its vor_' || vendor_order_id
    from order_lines
    where not exists (
        select from vendor_orders where vendor_orders.vendor_order_id = order_lines.vendor_order_id
    )
    union all
    select 'lin_' || line_id, 'its off_' || offer_id
    from order_lines
    where not exists (select from offers where offers.offer_id = order_lines.offer_id)
    union all
    select 'ord_' || order_id, 'its hold''s order'
    from holds
    where not exists (select from orders where orders.order_id = holds.order_id)
)

select key, reference || ' does not exist' as detail
from missing
order by key, detail
limit %(limit)s
