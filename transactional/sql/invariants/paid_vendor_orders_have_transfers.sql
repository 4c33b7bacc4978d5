-- one row per vendor order that was paid, owes its vendor something or is owed by it, and has no transfer
select
    'vor_' || vendor_orders.vendor_order_id as key,
    'its net is ' || vendor_orders.net_cents || ' cents, its transfer is missing' as detail
from vendor_orders
join orders using (order_id)
where
    (
        vendor_orders.status in ('paid', 'shipped', 'delivered')
        or (vendor_orders.status = 'cancelled' and orders.source = 'live' and orders.status = 'paid')
    )
    and (vendor_orders.net_cents > 0 or (vendor_orders.net_cents < 0 and orders.source = 'live'))
    and not exists (
        select from transfers where transfers.vendor_order_id = vendor_orders.vendor_order_id
    )
order by vendor_orders.vendor_order_id
limit %(limit)s
