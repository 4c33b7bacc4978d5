-- the promise of each vendor order and its three timers; the rows are locked by their order
with deadlines as (
    select vendor_order_id, remind_at, ship_by_at, cancel_at
    from unnest(
        %(vendor_order_ids)s::bigint[], %(remind_at)s::timestamptz[], %(ship_by_at)s::timestamptz[],
        %(cancel_at)s::timestamptz[]
    ) as deadline (vendor_order_id, remind_at, ship_by_at, cancel_at)
),

promised as (
    update vendor_orders set ship_by_at = deadlines.ship_by_at
    from deadlines
    where vendor_orders.vendor_order_id = deadlines.vendor_order_id
)

insert into timers (vendor_order_id, kind, due_at)
select deadlines.vendor_order_id, timer.kind, timer.due_at
from deadlines
cross join lateral (
    values
    ('ship_reminder', deadlines.remind_at),
    ('ship_escalation', deadlines.ship_by_at),
    ('ship_cancellation', deadlines.cancel_at)
) as timer (kind, due_at)
order by deadlines.vendor_order_id, timer.due_at
on conflict (vendor_order_id, kind) do nothing
