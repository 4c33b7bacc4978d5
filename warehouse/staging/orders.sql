-- grain: one order; its day is the marketplace's
with installation as (
    select * from staging.installation
)

select
    orders.*,
    cast(orders.placed_at at time zone installation.time_zone as date) as order_date
from source.orders
cross join installation
