-- marts.vendor_daily: a vendor has every day from its first to the market's last
with market as (
    select max(order_date) as last_date from marts.vendor_orders
)

select
    vendor_id,
    count(*) as days,
    min(order_date) as first_date,
    max(order_date) as last_date
from marts.vendor_daily
cross join market
group by vendor_id, market.last_date
having
    count(*) <> date_diff('day', min(order_date), market.last_date) + 1
    or max(order_date) <> market.last_date
