-- marts.service: every paid vendor order is judged once
-- window: order_id
with paid as (
    select order_id, count(*) as vendor_orders
    from marts.vendor_orders
    where is_paid
    group by order_id
),

served as (
    select order_id, count(*) as vendor_orders
    from marts.service
    group by order_id
)

select order_id, paid.vendor_orders, served.vendor_orders as served_orders
from paid
full outer join served using (order_id)
where paid.vendor_orders is distinct from served.vendor_orders
