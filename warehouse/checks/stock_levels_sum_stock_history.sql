-- marts.stock_levels: a vendor's last level is the sum of its offers' last days
-- window: vendor_id
with levels as (
    select vendor_id, available_units, out_offers, listed_offers
    from marts.stock_levels
    where until_date is null
),

offers as (
    select
        vendor_id,
        sum(available_units) as available_units,
        count(*) filter (where available_units <= 0) as out_offers,
        count(*) as listed_offers
    from marts.stock_history
    where until_date is null
    group by vendor_id
)

select vendor_id, levels.available_units, offers.available_units as offers_units
from levels
full outer join offers using (vendor_id)
where
    levels.available_units is distinct from offers.available_units
    or levels.out_offers is distinct from offers.out_offers
    or levels.listed_offers is distinct from offers.listed_offers
