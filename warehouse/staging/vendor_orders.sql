-- grain: one vendor order; its day is the marketplace's, and it counts once it is paid
with installation as (
    select * from staging.installation
)

select
    vendor_orders.*,
    cast(vendor_orders.placed_at at time zone installation.time_zone as date) as order_date,
    vendor_orders.status in ('paid', 'shipped', 'delivered') as is_counted
from source.vendor_orders
cross join installation
