-- grain: one scope (a vendor, or none for the market) and segment of its customers
-- key: vendor_id, segment
-- cadence: day
with counted as (
    select shopper_pseudonym, vendor_id, order_date, items_cents
    from marts.vendor_orders
    where is_counted
),

customers as (
    select
        vendor_id,
        shopper_pseudonym,
        max(order_date) as last_date,
        count(*) as orders,
        sum(items_cents) as sales_cents
    from counted
    group by grouping sets ((vendor_id, shopper_pseudonym), (shopper_pseudonym))
),

scored as (
    select
        *,
        -- Of few customers the last is in the highest fifth still, which ntile would leave empty.
        ceil(5 * cume_dist() over (partition by vendor_id order by last_date, shopper_pseudonym))
            as recency,
        ceil(5 * cume_dist() over (partition by vendor_id order by orders, shopper_pseudonym))
            as frequency
    from customers
),

named as (
    select
        *,
        case
            when orders = 1 and recency >= 4 then 'new'
            when orders = 1 and recency >= 2 then 'one_time'
            when orders = 1 then 'lost'
            when recency >= 4 and frequency >= 4 then 'champions'
            when recency >= 3 then 'loyal'
            when recency = 2 then 'at_risk'
            else 'hibernating'
        end as segment
    from scored
)

select
    vendor_id,
    segment,
    count(*) as customers,
    cast(sum(orders) as bigint) as orders,
    cast(sum(sales_cents) as bigint) as sales_cents
from named
group by vendor_id, segment
order by vendor_id nulls first, segment
