-- grain: one session with at least one event; its orders are those placed in it
-- key: session_date, shopper_pseudonym, session_number
-- window: session_date
select
    session_date,
    shopper_pseudonym,
    session_number,
    min(began_at) as began_at,
    max(ended_at) as ended_at,
    count(vendor_id) as vendors,
    cast(sum(searches) as bigint) as searches,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(views) as bigint) as views,
    cast(sum(carts) as bigint) as carts,
    cast(sum(orders) as bigint) as vendor_orders,
    sum(views) > 0 as has_view,
    sum(carts) > 0 as has_cart,
    sum(orders) > 0 as has_order
from marts.session_vendors
group by session_date, shopper_pseudonym, session_number
having sum(searches + impressions + clicks + views + carts) > 0
order by session_date
