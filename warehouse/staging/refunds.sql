-- grain: one refund; asked for on its refund date, counted once it is booked (its money has left)
with installation as (
    select * from staging.installation
)

select
    refunds.*,
    cast(refunds.created_at at time zone installation.time_zone as date) as refund_date,
    cast(refunds.booked_at at time zone installation.time_zone as date) as booked_date,
    refunds.booked_at is not null as is_booked
from source.refunds
cross join installation
