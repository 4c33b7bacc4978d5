-- grain: one day of the market with lists that people were shown, of search answers and of others
-- key: event_date
-- window: event_date
with lists as (
    select
        event_date,
        list_id,
        bool_or(type = 'search') as is_search,
        bool_or(type = 'impression') as is_shown,
        bool_or(type = 'click') as is_clicked
    from marts.events
    where list_id is not null
    group by event_date, list_id
)

select
    event_date,
    count(*) filter (where is_search) as searches,
    count(*) filter (where is_search and is_clicked) as clicked_searches,
    count(*) filter (where is_search and not is_shown) as unanswered_searches,
    count(*) filter (where is_shown and not is_search) as recommendations,
    count(*) filter (where is_shown and not is_search and is_clicked) as clicked_recommendations
from lists
group by event_date
order by event_date
