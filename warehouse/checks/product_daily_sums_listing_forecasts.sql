-- marts.product_daily: what a vendor's listings sold before their forecast are its product days
-- window: vendor_id
with listings as (
    select
        vendor_id,
        sum(past_units) as units,
        sum(past_cents) as cents
    from marts.listing_forecasts
    where past_units is not null
    group by vendor_id
),

night as (
    select max(first_date) as first_date
    from marts.forecasts
),

days as (
    select
        product_daily.vendor_id,
        sum(product_daily.units) as units,
        sum(product_daily.sales_cents) as cents
    from marts.product_daily
    inner join night
        on product_daily.order_date between night.first_date - 28 and night.first_date - 1
    group by product_daily.vendor_id
)

select vendor_id, listings.cents, days.cents as days_cents
from listings
full outer join days using (vendor_id)
where
    coalesce(listings.units, 0) <> coalesce(days.units, 0)
    or coalesce(listings.cents, 0) <> coalesce(days.cents, 0)
