-- one row per transfer of an order, or of a part of one, that was never paid
select
    'tra_' || transfers.transfer_id as key,
    'it is ' || transfers.status || ' over ' || transfers.amount_cents || ' cents, ord_'
    || orders.order_id || ' is ' || orders.status || ', vor_' || vendor_orders.vendor_order_id || ' '
    || vendor_orders.status as detail
from transfers
join vendor_orders using (vendor_order_id)
join orders on vendor_orders.order_id = orders.order_id
where
    orders.status <> 'paid'
    or (
        vendor_orders.status not in ('paid', 'shipped', 'delivered')
        and coalesce(vendor_orders.cancel_reason, 'unpaid') = 'unpaid'
    )
order by transfers.transfer_id
limit %(limit)s
