-- one row per live vendor order whose status contradicts its order's; one that was given up after it was paid is
-- of a paid order, and says why
select
    'vor_' || vendor_orders.vendor_order_id as key,
    'it is ' || vendor_orders.status || ', its order is ' || orders.status as detail
from vendor_orders
join orders using (order_id)
where
    orders.source = 'live'
    and orders.status <> case
        when vendor_orders.status in ('shipped', 'delivered') then 'paid'
        when vendor_orders.status = 'cancelled' and vendor_orders.cancel_reason <> 'unpaid'
            and vendor_orders.paid_at is not null then 'paid'
        else vendor_orders.status
    end
order by vendor_orders.vendor_order_id
limit %(limit)s
