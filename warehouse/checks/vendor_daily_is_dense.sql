-- marts.vendor_daily: a vendor has every day from its first to its last
-- window: vendor_id
select
    vendor_id,
    count(*) as days,
    min(order_date) as first_date,
    max(order_date) as last_date
from marts.vendor_daily
group by vendor_id
having count(*) <> date_diff('day', min(order_date), max(order_date)) + 1
