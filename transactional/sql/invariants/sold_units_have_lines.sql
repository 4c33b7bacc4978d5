-- one row per offer with live sales whose sold units are fewer than the lines of its paid live orders,
-- or differ from them where nothing but live orders ever sold it
with sold as (
    select
        order_lines.offer_id,
        sum(order_lines.quantity) filter (where orders.source = 'live') as live_units,
        bool_and(orders.source = 'live') as is_live_only
    from order_lines
    join orders using (order_id)
    where orders.status = 'paid'
    group by order_lines.offer_id
    having bool_or(orders.source = 'live')
)

select
    'off_' || stock.offer_id as key,
    stock.sold_units || ' units are sold, the lines of paid live orders have ' || sold.live_units as detail
from stock
join sold using (offer_id)
join offers using (offer_id)
join products using (product_id)
where
    stock.sold_units < sold.live_units
    or (products.source = 'live' and sold.is_live_only and stock.sold_units <> sold.live_units)
order by stock.offer_id
limit %(limit)s
