-- grain: one spell in which a listing could not be bought, in days from $first
select
    offer_id,
    epoch((began_at at time zone $time_zone) - cast($first as timestamp)) / 86400 as begins,
    coalesce(
        epoch((ended_at at time zone $time_zone) - cast($first as timestamp)) / 86400,
        date_diff('day', $first, $last) + 1
    ) as ends
from marts.stock_outs
where
    coalesce(ended_at at time zone $time_zone, cast($last as timestamp) + interval 1 day)
    > cast($first as timestamp)
    and began_at at time zone $time_zone < cast($last as timestamp) + interval 1 day
