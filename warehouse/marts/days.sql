-- grain: one day of the market, from its first order to its last
-- key: order_date
with span as (
    select min(order_date) as first_date, max(order_date) as last_date
    from marts.vendor_orders
)

select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as order_date
from span
where first_date is not null
