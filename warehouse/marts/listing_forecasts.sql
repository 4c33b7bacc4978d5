-- grain: one listing: what it should sell, beside what it sold in the 28 days before and has left
-- key: offer_id
-- window: vendor_id
-- stored: no
with night as (
    select max(first_date) as first_date
    from marts.forecasts
),

sold as (
    select
        order_lines.offer_id,
        sum(order_lines.quantity) as units,
        sum(order_lines.line_cents) as cents
    from marts.order_lines
    inner join night
        on order_lines.order_date between night.first_date - 28 and night.first_date - 1
    where order_lines.is_counted
    group by order_lines.offer_id
)

-- Without a forecast: not on sale that night, or newer. The rest of its columns are of that night.
select
    offers.offer_id,
    offers.product_id,
    offers.vendor_id,
    offers.sku,
    offers.title,
    offers.category,
    offers.image_url,
    offers.price_cents,
    offers.offer_status,
    offers.vendor_status,
    offers.available_units,
    offers.low_stock_threshold,
    case when night.first_date is not null then cast(coalesce(sold.units, 0) as bigint) end
        as past_units,
    case when night.first_date is not null then cast(coalesce(sold.cents, 0) as bigint) end
        as past_cents,
    forecasts.first_date,
    forecasts.demand_class,
    forecasts.method,
    forecasts.weekday_units,
    forecasts.level_variance,
    forecasts.dispersion,
    forecasts.month_units,
    forecasts.month_low,
    forecasts.month_median,
    forecasts.month_high,
    forecasts.available_units as advised_at_units,
    forecasts.days_of_cover,
    forecasts.lead_days,
    forecasts.service_level,
    forecasts.reorder_point,
    forecasts.order_units,
    forecasts.closed_days,
    forecasts.lost_units,
    forecasts.lost_low,
    forecasts.lost_high
from marts.offers
cross join night
left join marts.forecasts on forecasts.offer_id = offers.offer_id
left join sold on sold.offer_id = offers.offer_id
order by offers.vendor_id, offers.offer_id
