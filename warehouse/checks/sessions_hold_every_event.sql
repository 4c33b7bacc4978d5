-- marts.session_vendors: every event of a day is in one session of that day
-- window: session_date; events by event_date
with sessions as (
    select
        session_date,
        sum(searches + impressions + clicks + views + carts) as events
    from marts.session_vendors
    group by session_date
),

happened as (
    select event_date as session_date, count(*) as events
    from marts.events
    group by event_date
)

select session_date, sessions.events, happened.events as happened_events
from sessions
full outer join happened using (session_date)
where coalesce(sessions.events, 0) <> coalesce(happened.events, 0)
