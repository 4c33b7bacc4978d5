-- grain: one vendor and day, dense from its first day to its last; later days are zero when queried
-- key: vendor_id, order_date
-- window: vendor_id
with ordered as (
    select
        vendor_orders.*,
        row_number() over (
            partition by vendor_id, shopper_pseudonym, is_counted order by placed_at, vendor_order_id
        ) > 1 as is_repeat
    from marts.vendor_orders
),

sales as (
    select
        vendor_id,
        order_date,
        count(*) filter (where is_counted) as orders,
        count(distinct shopper_pseudonym) filter (where is_counted) as customers,
        sum(units) filter (where is_counted) as units,
        sum(items_cents) filter (where is_counted) as sales_cents,
        sum(shipping_cents) filter (where is_counted) as shipping_cents,
        sum(commission_cents) filter (where is_counted) as commission_cents,
        sum(processing_cents) filter (where is_counted) as processing_cents,
        sum(net_cents) filter (where is_counted) as net_cents,
        count(*) as placed_orders,
        sum(items_cents) as placed_cents,
        count(*) filter (where is_paid) as paid_orders,
        sum(items_cents) filter (where is_paid) as paid_cents,
        count(*) filter (where is_counted and is_repeat) as repeat_orders
    from ordered
    group by vendor_id, order_date
),

refunds_by_sale as (
    select
        vendor_id,
        sale_date as order_date,
        sum(items_cents) as refunded_of_sales_cents,
        sum(quantity) as refunded_of_sales_units
    from marts.refunds
    where is_booked
    group by vendor_id, sale_date
),

refunds_by_refund as (
    select vendor_id, refund_date as order_date, sum(items_cents) as refunded_cents
    from marts.refunds
    where is_booked
    group by vendor_id, refund_date
),

busy as (
    select vendor_id, order_date from sales
    union all
    select vendor_id, order_date from refunds_by_refund
),

spans as (
    select vendor_id, min(order_date) as first_date, max(order_date) as last_date
    from busy
    group by vendor_id
),

days as (
    select
        vendor_id,
        cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as order_date
    from spans
)

select
    vendor_id,
    order_date,
    coalesce(sales.orders, 0) as orders,
    coalesce(sales.customers, 0) as customers,
    cast(coalesce(sales.units, 0) as bigint) as units,
    cast(coalesce(sales.sales_cents, 0) as bigint) as sales_cents,
    cast(coalesce(sales.shipping_cents, 0) as bigint) as shipping_cents,
    cast(coalesce(sales.commission_cents, 0) as bigint) as commission_cents,
    cast(coalesce(sales.processing_cents, 0) as bigint) as processing_cents,
    cast(coalesce(sales.net_cents, 0) as bigint) as net_cents,
    coalesce(sales.placed_orders, 0) as placed_orders,
    cast(coalesce(sales.placed_cents, 0) as bigint) as placed_cents,
    coalesce(sales.paid_orders, 0) as paid_orders,
    cast(coalesce(sales.paid_cents, 0) as bigint) as paid_cents,
    coalesce(sales.repeat_orders, 0) as repeat_orders,
    cast(coalesce(refunds_by_sale.refunded_of_sales_cents, 0) as bigint) as refunded_of_sales_cents,
    cast(coalesce(refunds_by_sale.refunded_of_sales_units, 0) as bigint) as refunded_of_sales_units,
    cast(coalesce(refunds_by_refund.refunded_cents, 0) as bigint) as refunded_cents
from days
left join sales using (vendor_id, order_date)
left join refunds_by_sale using (vendor_id, order_date)
left join refunds_by_refund using (vendor_id, order_date)
order by vendor_id, order_date
