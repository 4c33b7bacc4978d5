-- one row per offer whose sold units are not the quantity on the lines of its paid orders, live and imported alike,
-- less what refunds brought back to the shelf; a vendor order that was cancelled gave all of its units back
with returned as (
    select line_id, sum(restocked_units) as units from refund_lines group by line_id
),

sold as (
    select order_lines.offer_id, sum(order_lines.quantity - coalesce(returned.units, 0)) as units
    from order_lines
    join orders using (order_id)
    join vendor_orders using (vendor_order_id)
    left join returned using (line_id)
    where orders.status = 'paid' and vendor_orders.status <> 'cancelled'
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
