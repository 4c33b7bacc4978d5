-- marts.sessions: the sessions of a day hold the events of that day
-- window: session_date
with sessions as (
    select session_date, sum(searches + impressions + clicks + views + carts) as events
    from marts.sessions
    group by session_date
),

met as (
    select session_date, sum(searches + impressions + clicks + views + carts) as events
    from marts.session_vendors
    group by session_date
)

select session_date, sessions.events, met.events as met_events
from sessions
full outer join met using (session_date)
where coalesce(sessions.events, 0) <> coalesce(met.events, 0)
