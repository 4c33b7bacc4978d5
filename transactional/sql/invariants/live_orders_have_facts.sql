-- one row per live vendor order that no fact ever told of; where facts were pruned, of those placed an hour or
-- more after the oldest that is kept, since theirs are kept too
with kept as (
    select
        case
            when pruned_position = 0 then '-infinity'
            else (select occurred_at from outbox where position is not null order by position limit 1) + interval '1 hour'
        end as since
    from relay
)

select
    'vor_' || vendor_orders.vendor_order_id as key,
    'no fact tells of it' as detail
from vendor_orders
join orders using (order_id)
cross join kept
where
    orders.source = 'live'
    and vendor_orders.placed_at >= kept.since
    and not exists (
        select from outbox
        where outbox.type = 'vendor_order.changed' and outbox.key = 'vor_' || vendor_orders.vendor_order_id
    )
order by vendor_orders.vendor_order_id
limit %(limit)s
