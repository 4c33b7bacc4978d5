-- one row per transfer to a vendor whose order is not paid
select
    'tra_' || transfers.transfer_id as key,
    'it is ' || transfers.status || ' over ' || transfers.amount_cents || ' cents, vor_'
    || transfers.vendor_order_id || ' is ' || vendor_orders.status as detail
from transfers
join vendor_orders using (vendor_order_id)
where vendor_orders.status not in ('paid', 'shipped', 'delivered')
order by transfers.transfer_id
limit %(limit)s
