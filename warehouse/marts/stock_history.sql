-- grain: one offer and day on which its units moved, with what lay there at the day's end
-- key: offer_id, move_date
-- window: offer_id
with days as (
    select
        offer_id,
        product_id,
        vendor_id,
        move_date,
        sum(available_units) as available_change,
        sum(held_units) as held_change,
        sum(sold_units) as sold_change,
        sum(available_units + held_units + sold_units) as received_change,
        count(*) as moves
    from staging.stock_moves
    group by offer_id, product_id, vendor_id, move_date
)

select
    offer_id,
    product_id,
    vendor_id,
    move_date,
    lead(move_date) over later as until_date,
    moves,
    cast(sum(available_change) over earlier as bigint) as available_units,
    cast(sum(held_change) over earlier as bigint) as held_units,
    cast(sum(sold_change) over earlier as bigint) as sold_units,
    cast(sum(received_change) over earlier as bigint) as received_units
from days
window
    earlier as (
        partition by offer_id order by move_date
        rows between unbounded preceding and current row
    ),
    later as (partition by offer_id order by move_date)
order by vendor_id, offer_id, move_date
