-- grain: one product and another bought in the same order; the 20 with most evidence, of the last 365 days with sales
-- key: product_id, other_product_id
-- cadence: day
with year as (
    select min(order_date) as first_date
    from (
        select distinct order_date
        from marts.order_lines
        where is_counted
        order by order_date desc
        limit 365
    )
),

recent as (
    select distinct order_id, product_id
    from marts.order_lines
    where is_counted and quantity > 0 and order_date >= (select first_date from year)
),

baskets as (
    select order_id, product_id
    from recent
    qualify count(*) over (partition by order_id) between 2 and 50
),

total as (
    select count(distinct order_id) as orders from recent
),

products as (
    select product_id, count(*) as orders
    from recent
    group by product_id
),

pairs as (
    select
        ours.product_id,
        other.product_id as other_product_id,
        count(*) as orders
    from baskets as ours
    inner join baskets as other using (order_id)
    where ours.product_id <> other.product_id
    group by ours.product_id, other.product_id
    having count(*) >= 3
)

select
    pairs.product_id,
    pairs.other_product_id,
    pairs.orders as both_orders,
    ours.orders as product_orders,
    other.orders as other_orders,
    total.orders as total_orders,
    pairs.orders / total.orders as support,
    pairs.orders / ours.orders as confidence,
    pairs.orders * total.orders / (ours.orders * other.orders) as lift
from pairs
inner join products as ours using (product_id)
inner join products as other on other.product_id = pairs.other_product_id
cross join total
-- Orders × log of lift, what is said for the pair beyond chance: by lift alone the rarest come first
-- (Dunning 1993, "Accurate methods for the statistics of surprise and coincidence").
qualify row_number() over (
    partition by pairs.product_id order by pairs.orders * ln(lift) desc, pairs.other_product_id
) <= 20
order by product_id, both_orders * ln(lift) desc, other_product_id
