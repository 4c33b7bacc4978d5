-- marts.list_daily: every list of a day's events is counted once, as a search or not
-- window: event_date
with shown as (
    select
        event_date,
        count(distinct list_id) as lists,
        count(distinct list_id) filter (where type = 'search') as searches
    from marts.events
    where list_id is not null and type in ('search', 'impression')
    group by event_date
)

select event_date, list_daily.searches, list_daily.recommendations, shown.lists
from marts.list_daily
full outer join shown using (event_date)
where
    coalesce(list_daily.searches, 0) <> coalesce(shown.searches, 0)
    or coalesce(list_daily.searches + list_daily.recommendations, 0) <> coalesce(shown.lists, 0)
