-- one row per offer whose held units are not those of its active holds
with held as (
    select order_lines.offer_id, sum(order_lines.quantity) as units
    from order_lines
    join holds using (order_id)
    where holds.status = 'active'
    group by order_lines.offer_id
)

select
    'off_' || offer_id as key,
    coalesce(stock.held_units, 0) || ' units are held, active holds keep ' || coalesce(held.units, 0) as detail
from stock
full join held using (offer_id)
where coalesce(stock.held_units, 0) <> coalesce(held.units, 0)
order by offer_id
limit %(limit)s
