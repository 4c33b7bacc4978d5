-- one row per paid vendor order that owes its vendor something and has no transfer of exactly that
select
    'vor_' || vendor_orders.vendor_order_id as key,
    'it owes ' || vendor_orders.net_cents || ' cents, its transfer is '
    || coalesce(transfers.status || ' over ' || transfers.amount_cents || ' cents', 'missing') as detail
from vendor_orders
left join transfers using (vendor_order_id)
where
    vendor_orders.status in ('paid', 'shipped', 'delivered')
    and vendor_orders.net_cents > 0
    and transfers.amount_cents is distinct from vendor_orders.net_cents
order by vendor_orders.vendor_order_id
limit %(limit)s
