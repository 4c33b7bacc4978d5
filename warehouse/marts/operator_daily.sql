-- grain: one day of the market, dense; refunds count on the day their money left
-- key: order_date
-- window: order_date; refunds by refund_date; payments by payment_date; sessions by session_date
with sales as (
    select
        order_date,
        count(distinct order_id) as orders,
        count(*) as vendor_orders,
        count(distinct vendor_id) as vendors,
        count(distinct shopper_pseudonym) as customers,
        sum(units) as units,
        sum(items_cents) as sales_cents,
        sum(shipping_cents) as shipping_cents,
        sum(commission_cents) as commission_cents,
        sum(processing_cents) as processing_cents,
        sum(net_cents) as net_cents
    from marts.vendor_orders
    where is_counted
    group by order_date
),

placed as (
    select
        order_date,
        count(distinct order_id) as placed_orders,
        sum(items_cents) as placed_cents,
        count(distinct order_id) filter (where is_paid) as paid_orders,
        sum(items_cents) filter (where is_paid) as paid_cents,
        sum(commission_cents) filter (where is_paid) as paid_commission_cents
    from marts.vendor_orders
    group by order_date
),

refunds as (
    select refund_date as order_date, sum(items_cents) as refunded_cents
    from marts.refunds
    where is_booked
    group by refund_date
),

payments as (
    select
        payment_date as order_date,
        count(*) filter (where is_ended) as ended_payments,
        count(*) filter (where is_succeeded) as succeeded_payments
    from marts.payments
    group by payment_date
),

visits as (
    select
        session_date as order_date,
        count(*) as sessions,
        count(*) filter (where has_view) as viewing_sessions,
        count(*) filter (where has_cart) as carting_sessions,
        count(*) filter (where has_order) as ordering_sessions,
        count(distinct shopper_pseudonym) as visitors
    from marts.sessions
    group by session_date
)

select
    order_date,
    coalesce(sales.orders, 0) as orders,
    coalesce(sales.vendor_orders, 0) as vendor_orders,
    coalesce(sales.vendors, 0) as vendors,
    coalesce(sales.customers, 0) as customers,
    cast(coalesce(sales.units, 0) as bigint) as units,
    cast(coalesce(sales.sales_cents, 0) as bigint) as sales_cents,
    cast(coalesce(sales.shipping_cents, 0) as bigint) as shipping_cents,
    cast(coalesce(sales.commission_cents, 0) as bigint) as commission_cents,
    cast(coalesce(sales.processing_cents, 0) as bigint) as processing_cents,
    cast(coalesce(sales.net_cents, 0) as bigint) as net_cents,
    coalesce(placed.placed_orders, 0) as placed_orders,
    cast(coalesce(placed.placed_cents, 0) as bigint) as placed_cents,
    coalesce(placed.paid_orders, 0) as paid_orders,
    cast(coalesce(placed.paid_cents, 0) as bigint) as paid_cents,
    cast(coalesce(placed.paid_commission_cents, 0) as bigint) as paid_commission_cents,
    cast(coalesce(refunds.refunded_cents, 0) as bigint) as refunded_cents,
    coalesce(payments.ended_payments, 0) as ended_payments,
    coalesce(payments.succeeded_payments, 0) as succeeded_payments,
    coalesce(visits.sessions, 0) as sessions,
    coalesce(visits.viewing_sessions, 0) as viewing_sessions,
    coalesce(visits.carting_sessions, 0) as carting_sessions,
    coalesce(visits.ordering_sessions, 0) as ordering_sessions,
    coalesce(visits.visitors, 0) as visitors
from marts.days
left join sales using (order_date)
left join placed using (order_date)
left join refunds using (order_date)
left join payments using (order_date)
left join visits using (order_date)
order by order_date
