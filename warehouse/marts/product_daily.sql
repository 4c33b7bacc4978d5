-- grain: one product, vendor and day on which something happened; made dense when queried
-- key: product_id, vendor_id, order_date
-- window: order_date; events by event_date
with sales as (
    select
        product_id,
        vendor_id,
        order_date,
        count(distinct vendor_order_id) as orders,
        sum(quantity) as units,
        sum(line_cents) as sales_cents
    from marts.order_lines
    where is_counted
    group by product_id, vendor_id, order_date
),

attention as (
    select
        product_id,
        vendor_id,
        event_date as order_date,
        count(*) filter (where type = 'view') as views,
        count(*) filter (where type = 'click') as clicks,
        count(*) filter (where type = 'cart') as carts
    from marts.events
    where product_id is not null and vendor_id is not null and type in ('view', 'click', 'cart')
    group by product_id, vendor_id, event_date
)

select
    product_id,
    vendor_id,
    order_date,
    coalesce(sales.orders, 0) as orders,
    cast(coalesce(sales.units, 0) as bigint) as units,
    cast(coalesce(sales.sales_cents, 0) as bigint) as sales_cents,
    coalesce(attention.views, 0) as views,
    coalesce(attention.clicks, 0) as clicks,
    coalesce(attention.carts, 0) as carts
from sales
full outer join attention using (product_id, vendor_id, order_date)
order by vendor_id, product_id, order_date
