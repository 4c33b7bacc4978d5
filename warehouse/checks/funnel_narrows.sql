-- marts.funnel_daily: no step of a vendor's day holds more sessions than met the vendor
-- window: session_date
select vendor_id, session_date, sessions
from marts.funnel_daily
where
    sessions
    < greatest(impression_sessions, click_sessions, view_sessions, cart_sessions, order_sessions)
