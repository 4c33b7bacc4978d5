-- one row per live vendor order whose status contradicts its order's
select
    'vor_' || vendor_orders.vendor_order_id as key,
    'it is ' || vendor_orders.status || ', its order is ' || orders.status as detail
from vendor_orders
join orders using (order_id)
where
    orders.source = 'live'
    and orders.status <> case
        when vendor_orders.status in ('shipped', 'delivered') then 'paid' else vendor_orders.status
    end
order by vendor_orders.vendor_order_id
limit %(limit)s
