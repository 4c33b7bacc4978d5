-- one row per line that names another order, vendor or product than its vendor order and its offer do
select
    'lin_' || order_lines.line_id as key,
    'it names ord_' || order_lines.order_id || ', ven_' || order_lines.vendor_id || ' and prd_'
    || order_lines.product_id || ', its vor_' || vendor_orders.vendor_order_id || ' ord_' || vendor_orders.order_id
    || ' and ven_' || vendor_orders.vendor_id || ', its off_' || offers.offer_id || ' ven_' || offers.vendor_id
    || ' and prd_' || offers.product_id as detail
from order_lines
join vendor_orders using (vendor_order_id)
join offers using (offer_id)
where
    (order_lines.order_id, order_lines.vendor_id, order_lines.vendor_id, order_lines.product_id)
    is distinct from
    (vendor_orders.order_id, vendor_orders.vendor_id, offers.vendor_id, offers.product_id)
order by order_lines.line_id
limit %(limit)s
