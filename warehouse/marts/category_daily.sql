-- grain: one category and day of the market, dense; a product counts in its present category alone
-- key: category_id, order_date
-- window: order_date
with sold as (
    select
        products.category_id,
        product_daily.order_date,
        sum(product_daily.units) as units,
        sum(product_daily.sales_cents) as sales_cents,
        count(distinct product_daily.vendor_id) filter (where product_daily.units > 0) as vendors,
        count(distinct product_daily.product_id) filter (where product_daily.units > 0) as products,
        sum(product_daily.views) as views,
        sum(product_daily.clicks) as clicks,
        sum(product_daily.carts) as carts
    from marts.product_daily
    inner join source.products using (product_id)
    where products.category_id is not null
    group by products.category_id, product_daily.order_date
)

select
    categories.category_id,
    days.order_date,
    cast(coalesce(sold.units, 0) as bigint) as units,
    cast(coalesce(sold.sales_cents, 0) as bigint) as sales_cents,
    coalesce(sold.vendors, 0) as vendors,
    coalesce(sold.products, 0) as products,
    cast(coalesce(sold.views, 0) as bigint) as views,
    cast(coalesce(sold.clicks, 0) as bigint) as clicks,
    cast(coalesce(sold.carts, 0) as bigint) as carts
from marts.days
cross join marts.categories
left join sold using (category_id, order_date)
order by categories.category_id, days.order_date
