-- grain: one row; the currency and the time zone in which the marketplace counts its days
select currency, time_zone
from ledger.loads
order by load_id desc
limit 1
