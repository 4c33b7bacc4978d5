-- one row per vendor order whose newest fact is not its present version
with newest as (
    select key, max(version) as version
    from outbox
    where type = 'vendor_order.changed'
    group by key
)

select
    newest.key,
    'its newest fact is version ' || newest.version || ', the row is version ' || vendor_orders.version as detail
from newest
join vendor_orders on newest.key = 'vor_' || vendor_orders.vendor_order_id
where newest.version <> vendor_orders.version
order by newest.key
limit %(limit)s
