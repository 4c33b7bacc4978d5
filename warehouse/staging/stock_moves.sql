-- grain: one movement of an offer's units; the moves of an offer sum to its stock
with installation as (
    select * from staging.installation
)

select
    stock_moves.*,
    offers.product_id,
    offers.vendor_id,
    cast(stock_moves.occurred_at at time zone installation.time_zone as date) as move_date
from source.stock_moves
inner join source.offers using (offer_id)
cross join installation
