-- grain: one day of the market, from the first on which anything happened to the last
-- key: order_date
with happened as (
    select order_date from marts.vendor_orders
    union all
    select refund_date from marts.refunds where is_booked
    union all
    select payment_date from marts.payments
    union all
    select session_date from marts.sessions
),

span as (
    select min(order_date) as first_date, max(order_date) as last_date
    from happened
)

select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as order_date
from span
where first_date is not null
