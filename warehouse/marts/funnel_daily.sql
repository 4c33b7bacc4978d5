-- grain: one vendor and day on which a session met it; a session counts once per step it reached
-- key: vendor_id, session_date
-- window: session_date
select
    vendor_id,
    session_date,
    count(*) as sessions,
    count(*) filter (where impressions > 0) as impression_sessions,
    count(*) filter (where clicks > 0) as click_sessions,
    count(*) filter (where views > 0) as view_sessions,
    count(*) filter (where carts > 0) as cart_sessions,
    count(*) filter (where orders > 0) as order_sessions,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(views) as bigint) as views,
    cast(sum(carts) as bigint) as carts,
    cast(sum(orders) as bigint) as orders
from marts.session_vendors
where vendor_id is not null and impressions + clicks + views + carts > 0
group by vendor_id, session_date
order by vendor_id, session_date
