-- grain: one vendor with counted orders in the days from $first to $last, and its cohort before $last
with recursive roots as (
    select category_id, category_id as root_id
    from source.categories
    where parent_id is null
    union all
    select categories.category_id, roots.root_id
    from source.categories
    inner join roots on categories.parent_id = roots.category_id
),

lines as (
    select
        order_lines.vendor_id,
        order_lines.vendor_order_id,
        order_lines.quantity,
        order_lines.line_cents,
        coalesce(roots.root_id, 0) as category_id
    from marts.order_lines
    left join source.products using (product_id)
    left join roots on roots.category_id = products.category_id
    where order_lines.is_counted and order_lines.order_date between $first and $last
),

totals as (
    select
        vendor_id,
        sum(line_cents) / nullif(sum(quantity), 0) as unit_price_cents,
        count(distinct vendor_order_id) as orders
    from lines
    group by vendor_id
),

by_category as (
    select vendor_id, category_id, sum(line_cents) as sales_cents
    from lines
    group by vendor_id, category_id
),

foremost as (
    select vendor_id, category_id, sales_cents
    from by_category
    qualify row_number() over (
        partition by vendor_id order by sales_cents desc, category_id
    ) = 1
),

before as (
    select vendor_id, category_id, price_band, volume_band
    from benchmarks.members
    where period_date < $last
    qualify row_number() over (partition by vendor_id order by period_date desc) = 1
)

select
    vendors.vendor_id,
    vendors.owner_id,
    foremost.category_id,
    cast(
        coalesce(foremost.sales_cents / nullif(kept.sales_cents, 0), 'infinity') as double
    ) as category_share,
    coalesce(totals.unit_price_cents, 0) as unit_price_cents,
    totals.orders,
    before.category_id as category_before,
    before.price_band as price_before,
    before.volume_band as volume_before
from totals
inner join source.vendors using (vendor_id)
inner join foremost using (vendor_id)
left join before using (vendor_id)
left join by_category as kept
    on kept.vendor_id = totals.vendor_id and kept.category_id = before.category_id
order by vendors.vendor_id
