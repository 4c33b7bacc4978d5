-- grain: one session and a vendor met in it (none: searches); 30 minutes of rest or midnight end one
-- key: session_date, shopper_pseudonym, session_number, vendor_id
-- window: session_date; events by event_date; vendor_orders by order_date
with steps as (
    select shopper_pseudonym, event_date as session_date, occurred_at, type, vendor_id
    from marts.events
    union all
    select shopper_pseudonym, order_date, placed_at, 'order', vendor_id
    from marts.vendor_orders
    where is_paid
),

begun as (
    select
        *,
        occurred_at - lag(occurred_at) over (
            partition by session_date, shopper_pseudonym order by occurred_at
        ) > interval 30 minutes as is_begin
    from steps
),

numbered as (
    select
        *,
        count(*) filter (where is_begin) over (
            partition by session_date, shopper_pseudonym order by occurred_at
        ) + 1 as session_number
    from begun
)

select
    session_date,
    shopper_pseudonym,
    session_number,
    vendor_id,
    min(occurred_at) as began_at,
    max(occurred_at) as ended_at,
    count(*) filter (where type = 'search') as searches,
    count(*) filter (where type = 'impression') as impressions,
    count(*) filter (where type = 'click') as clicks,
    count(*) filter (where type = 'view') as views,
    count(*) filter (where type = 'cart') as carts,
    count(*) filter (where type = 'order') as orders
from numbered
group by session_date, shopper_pseudonym, session_number, vendor_id
order by session_date
