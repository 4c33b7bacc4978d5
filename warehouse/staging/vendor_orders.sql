-- grain: one vendor order; its days are the marketplace's, and it counts while it is paid
with installation as (
    select * from staging.installation
)

select
    vendor_orders.*,
    cast(vendor_orders.placed_at at time zone installation.time_zone as date) as order_date,
    cast(vendor_orders.ship_by_at at time zone installation.time_zone as date) as ship_by_date,
    cast(vendor_orders.delivered_at at time zone installation.time_zone as date) as delivered_date,
    vendor_orders.status in ('paid', 'shipped', 'delivered') as is_counted,
    vendor_orders.paid_at is not null as is_paid
from source.vendor_orders
cross join installation
