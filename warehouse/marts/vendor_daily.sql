-- grain: one vendor and day, dense from the vendor's first day to the market's last
with vendor_orders as (
    select * from marts.vendor_orders
),

market as (
    select max(order_date) as last_date from vendor_orders
),

openings as (
    select vendor_id, min(order_date) as first_date
    from vendor_orders
    group by vendor_id
),

days as (
    select
        openings.vendor_id,
        cast(unnest(generate_series(openings.first_date, market.last_date, interval 1 day)) as date)
            as order_date
    from openings
    cross join market
),

sales as (
    select
        vendor_id,
        order_date,
        count(*) as orders,
        count(distinct shopper_pseudonym) as customers,
        sum(units) as units,
        sum(items_cents) as sales_cents,
        sum(shipping_cents) as shipping_cents,
        sum(commission_cents) as commission_cents,
        sum(processing_cents) as processing_cents,
        sum(net_cents) as net_cents
    from vendor_orders
    where is_counted
    group by vendor_id, order_date
)

select
    days.vendor_id,
    days.order_date,
    coalesce(sales.orders, 0) as orders,
    coalesce(sales.customers, 0) as customers,
    cast(coalesce(sales.units, 0) as bigint) as units,
    cast(coalesce(sales.sales_cents, 0) as bigint) as sales_cents,
    cast(coalesce(sales.shipping_cents, 0) as bigint) as shipping_cents,
    cast(coalesce(sales.commission_cents, 0) as bigint) as commission_cents,
    cast(coalesce(sales.processing_cents, 0) as bigint) as processing_cents,
    cast(coalesce(sales.net_cents, 0) as bigint) as net_cents
from days
left join sales using (vendor_id, order_date)
order by days.vendor_id, days.order_date
