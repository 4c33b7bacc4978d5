-- grain: one transfer of a vendor order; its day is when it was sent
with installation as (
    select * from staging.installation
)

select
    transfers.*,
    cast(transfers.sent_at at time zone installation.time_zone as date) as sent_date
from source.transfers
cross join installation
