-- grain: one payment of an order; its days are the marketplace's
with installation as (
    select * from staging.installation
)

select
    payments.*,
    cast(payments.created_at at time zone installation.time_zone as date) as payment_date,
    cast(payments.succeeded_at at time zone installation.time_zone as date) as succeeded_date
from source.payments
cross join installation
