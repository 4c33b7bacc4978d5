-- grain: one search term of the last 90 days that at least five people typed
-- key: term
-- cadence: day
with recent as (
    select *
    from marts.events
    where event_date > (select max(event_date) - 90 from marts.events)
),

searches as (
    select
        lower(trim(query)) as term,
        shopper_pseudonym,
        event_date,
        session_id,
        list_id
    from recent
    where type = 'search' and trim(query) <> ''
),

answers as (
    select
        list_id,
        count(*) filter (where type = 'impression') as impressions,
        count(*) filter (where type = 'click') as clicks,
        count(*) filter (where type = 'cart') as carts
    from recent
    where list_id is not null and type <> 'search'
    group by list_id
)

select
    searches.term,
    count(*) as searches,
    count(distinct searches.shopper_pseudonym) as shoppers,
    count(*) filter (where answers.clicks > 0) as clicked_searches,
    count(*) filter (where answers.carts > 0) as carted_searches,
    count(*) filter (where searches.list_id is not null and answers.impressions is null)
        as unanswered_searches,
    min(searches.event_date) as first_date,
    max(searches.event_date) as last_date
from searches
left join answers using (list_id)
group by searches.term
having count(distinct searches.shopper_pseudonym) >= 5
order by searches desc, searches.term
