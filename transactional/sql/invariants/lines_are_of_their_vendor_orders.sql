-- one row per line that names another order or vendor than its vendor order does
select
    'lin_' || order_lines.line_id as key,
    'it names ord_' || order_lines.order_id || ' and ven_' || order_lines.vendor_id || ', its vor_'
    || vendor_orders.vendor_order_id || ' ord_' || vendor_orders.order_id || ' and ven_'
    || vendor_orders.vendor_id as detail
from order_lines
join vendor_orders using (vendor_order_id)
where
    (order_lines.order_id, order_lines.vendor_id)
    is distinct from (vendor_orders.order_id, vendor_orders.vendor_id)
order by order_lines.line_id
limit %(limit)s
