-- marts.stock_history: the journal of an offer's units ends in the units that are there
-- window: offer_id
with last_days as (
    select offer_id, available_units, held_units, sold_units
    from marts.stock_history
    where until_date is null
)

select offer_id, stock.available_units, last_days.available_units as journal_units
from source.stock
inner join last_days using (offer_id)
where
    (stock.available_units, stock.held_units, stock.sold_units)
    <> (last_days.available_units, last_days.held_units, last_days.sold_units)
