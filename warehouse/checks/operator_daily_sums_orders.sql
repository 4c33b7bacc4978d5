-- marts.operator_daily: a day of the market adds up to its orders
-- window: order_date
with days as (
    select order_date, sum(placed_orders) as orders, sum(placed_cents) as placed_cents
    from marts.operator_daily
    group by order_date
),

orders as (
    select order_date, count(*) as orders, sum(items_cents) as placed_cents
    from marts.orders
    where vendors > 0
    group by order_date
)

select order_date, days.placed_cents, orders.placed_cents as orders_cents
from days
full outer join orders using (order_date)
where
    coalesce(days.orders, 0) <> coalesce(orders.orders, 0)
    or coalesce(days.placed_cents, 0) <> coalesce(orders.placed_cents, 0)
