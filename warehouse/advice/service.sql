-- grain: one vendor: orders that fell due over 30 days, how many late, and what waits to be shipped
with due as (
    select
        vendor_id,
        sum(due_orders) as due_orders,
        sum(shipped_late_orders + unshipped_orders) as late_orders
    from marts.service_daily
    where service_date between cast($last as date) - 29 and $last
    group by vendor_id
),

waiting as (
    select
        vendor_id,
        count(*) as waiting_orders,
        avg(items_cents) as order_cents
    from marts.vendor_orders
    where status = 'paid'
    group by vendor_id
)

select
    due.vendor_id,
    cast(due.due_orders as bigint) as due_orders,
    cast(due.late_orders as bigint) as late_orders,
    coalesce(waiting.waiting_orders, 0) as waiting_orders,
    cast(round(coalesce(waiting.order_cents, 0)) as bigint) as order_cents
from due
left join waiting using (vendor_id)
