-- one row per offer whose sold units are not the quantity on the lines of its paid orders, live and imported alike
with sold as (
    select order_lines.offer_id, sum(order_lines.quantity) as units
    from order_lines
    join orders using (order_id)
    where orders.status = 'paid'
    group by order_lines.offer_id
)

select
    'off_' || offer_id as key,
    coalesce(stock.sold_units, 0) || ' units are sold, the lines of paid orders have ' || coalesce(sold.units, 0) as detail
from stock
full join sold using (offer_id)
where coalesce(stock.sold_units, 0) <> coalesce(sold.units, 0)
order by offer_id
limit %(limit)s
