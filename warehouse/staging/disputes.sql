-- grain: one dispute of a payment; its days are the marketplace's
with installation as (
    select * from staging.installation
)

select
    disputes.*,
    cast(disputes.opened_at at time zone installation.time_zone as date) as opened_date,
    cast(disputes.closed_at at time zone installation.time_zone as date) as closed_date
from source.disputes
cross join installation
