-- grain: one promotion of a vendor; it runs from its first day to its last, both included
with installation as (
    select * from staging.installation
)

select
    promotions.*,
    cast(promotions.starts_at at time zone installation.time_zone as date) as first_date,
    cast(
        (promotions.ends_at - interval '1 microsecond') at time zone installation.time_zone as date
    ) as last_date
from source.promotions
cross join installation
