-- marts.interactions: every counted line with units is one purchase, and every event one interaction
with found as (
    select
        count(*) filter (where type = 'purchase') as purchases,
        count(*) filter (where type <> 'purchase') as events
    from marts.interactions
),

wanted as (
    select
        (select count(*) from marts.order_lines where is_counted and quantity > 0) as purchases,
        (select count(*) from source.behaviour_events) as events
)

select found.*, wanted.*
from found
cross join wanted
where found.purchases <> wanted.purchases or found.events <> wanted.events
