-- one row per live vendor order that no fact ever told of
select
    'vor_' || vendor_orders.vendor_order_id as key,
    'no fact tells of it' as detail
from vendor_orders
join orders using (order_id)
where
    orders.source = 'live'
    and not exists (
        select from outbox
        where outbox.type = 'vendor_order.changed' and outbox.key = 'vor_' || vendor_orders.vendor_order_id
    )
order by vendor_orders.vendor_order_id
limit %(limit)s
