-- grain: one vendor and spell of days whose ends found the same stock: [from_date, until_date)
-- key: vendor_id, from_date
-- window: vendor_id
with changes as (
    select
        vendor_id,
        move_date as from_date,
        available_units - coalesce(lag(available_units) over by_offer, 0) as available_change,
        (available_units <= 0)::bigint - coalesce(lag((available_units <= 0)::bigint) over by_offer, 0)
            as out_change,
        (row_number() over by_offer = 1)::bigint as listed_change
    from marts.stock_history
    window by_offer as (partition by offer_id order by move_date)
),

days as (
    select
        vendor_id,
        from_date,
        sum(available_change) as available_change,
        sum(out_change) as out_change,
        sum(listed_change) as listed_change
    from changes
    group by vendor_id, from_date
)

select
    vendor_id,
    from_date,
    lead(from_date) over (partition by vendor_id order by from_date) as until_date,
    cast(sum(listed_change) over earlier as bigint) as listed_offers,
    cast(sum(out_change) over earlier as bigint) as out_offers,
    cast(sum(available_change) over earlier as bigint) as available_units
from days
window
    earlier as (
        partition by vendor_id order by from_date rows between unbounded preceding and current row
    )
order by vendor_id, from_date
