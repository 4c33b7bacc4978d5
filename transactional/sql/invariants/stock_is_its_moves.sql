-- one row per offer whose stock is not the sum of its moves
with journal as (
    select
        offer_id,
        sum(available_units) as available_units,
        sum(held_units) as held_units,
        sum(sold_units) as sold_units
    from stock_moves
    group by offer_id
)

select
    'off_' || offer_id as key,
    'available, held and sold are '
    || concat_ws(' + ', stock.available_units, stock.held_units, stock.sold_units)
    || ', its moves sum to '
    || concat_ws(' + ', journal.available_units, journal.held_units, journal.sold_units) as detail
from stock
full join journal using (offer_id)
where
    (coalesce(stock.available_units, 0), coalesce(stock.held_units, 0), coalesce(stock.sold_units, 0))
    <> (coalesce(journal.available_units, 0), coalesce(journal.held_units, 0), coalesce(journal.sold_units, 0))
order by offer_id
limit %(limit)s
