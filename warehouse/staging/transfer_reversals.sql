-- grain: one amount that a vendor has to give back of a transfer
with installation as (
    select * from staging.installation
)

select
    transfer_reversals.*,
    cast(transfer_reversals.created_at at time zone installation.time_zone as date) as reversal_date
from source.transfer_reversals
cross join installation
