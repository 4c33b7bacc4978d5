-- marts.category_daily: the categories of a day add up to its products that have one
-- window: order_date
with categories as (
    select order_date, sum(sales_cents) as sales_cents, sum(units) as units
    from marts.category_daily
    group by order_date
),

products as (
    select order_date, sum(sales_cents) as sales_cents, sum(units) as units
    from marts.product_daily
    inner join source.products using (product_id)
    where category_id is not null
    group by order_date
)

select order_date, categories.sales_cents, products.sales_cents as products_cents
from categories
full outer join products using (order_date)
where
    coalesce(categories.sales_cents, 0) <> coalesce(products.sales_cents, 0)
    or coalesce(categories.units, 0) <> coalesce(products.units, 0)
