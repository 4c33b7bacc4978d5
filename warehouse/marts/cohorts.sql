-- grain: one scope (a vendor, or none for the market), month of first order, and months since
-- key: vendor_id, cohort_month, months_since
-- cadence: day
with counted as (
    select shopper_pseudonym, vendor_id, date_trunc('month', order_date) as order_month, items_cents
    from marts.vendor_orders
    where is_counted
),

months as (
    select
        vendor_id,
        shopper_pseudonym,
        order_month,
        count(*) as orders,
        sum(items_cents) as sales_cents
    from counted
    group by grouping sets (
        (vendor_id, shopper_pseudonym, order_month), (shopper_pseudonym, order_month)
    )
),

firsts as (
    select vendor_id, shopper_pseudonym, min(order_month) as cohort_month
    from months
    group by vendor_id, shopper_pseudonym
),

since as (
    select months.*, firsts.cohort_month
    from months
    inner join firsts
        on
            firsts.vendor_id is not distinct from months.vendor_id
            and firsts.shopper_pseudonym = months.shopper_pseudonym
),

kept as (
    select
        vendor_id,
        cohort_month,
        date_diff('month', cohort_month, order_month) as months_since,
        count(*) as customers,
        sum(orders) as orders,
        sum(sales_cents) as sales_cents
    from since
    group by vendor_id, cohort_month, months_since
)

select
    vendor_id,
    cast(cohort_month as date) as cohort_month,
    months_since,
    cast(first_value(customers) over cohort as bigint) as cohort_customers,
    customers,
    cast(orders as bigint) as orders,
    cast(sales_cents as bigint) as sales_cents
from kept
window cohort as (partition by vendor_id, cohort_month order by months_since)
order by vendor_id nulls first, cohort_month, months_since
