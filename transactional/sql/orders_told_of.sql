-- one row per order: its shopper's address and its vendors
select
    orders.order_id as key,
    orders.total_cents,
    shoppers.email as shopper_email,
    shoppers.name as shopper_name,
    array(
        select vendor_orders.vendor_id from vendor_orders
        where vendor_orders.order_id = orders.order_id
        order by vendor_orders.vendor_id
    ) as vendor_ids
from orders
join shoppers using (shopper_id)
where orders.order_id = any(%(keys)s)
