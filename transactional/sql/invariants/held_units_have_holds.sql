-- one row per offer whose held units are not those of its active holds
with held as (
    select hold_lines.offer_id, sum(hold_lines.quantity) as units
    from hold_lines
    join holds using (hold_id)
    where holds.status = 'active'
    group by hold_lines.offer_id
)

select
    'off_' || stock.offer_id as key,
    stock.held_units || ' units are held, active holds keep ' || coalesce(held.units, 0) as detail
from stock
left join held using (offer_id)
where stock.held_units <> coalesce(held.units, 0)
order by stock.offer_id
limit %(limit)s
