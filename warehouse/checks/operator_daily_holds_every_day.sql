-- marts.operator_daily: no refund, payment or visit is of a day that it lacks
-- window: order_date; refunds by refund_date; payments by payment_date; sessions by session_date
with happened as (
    select refund_date as order_date, items_cents as refunded_cents, 0 as payments, 0 as sessions
    from marts.refunds
    where is_booked
    union all
    select payment_date, 0, 1, 0 from marts.payments where is_ended
    union all
    select session_date, 0, 0, 1 from marts.sessions
),

by_day as (
    select
        order_date,
        sum(refunded_cents) as refunded_cents,
        sum(payments) as payments,
        sum(sessions) as sessions
    from happened
    group by order_date
)

select order_date, days.refunded_cents, by_day.refunded_cents as happened_cents
from marts.operator_daily as days
full outer join by_day using (order_date)
where
    coalesce(days.refunded_cents, 0) <> coalesce(by_day.refunded_cents, 0)
    or coalesce(days.ended_payments, 0) <> coalesce(by_day.payments, 0)
    or coalesce(days.sessions, 0) <> coalesce(by_day.sessions, 0)
