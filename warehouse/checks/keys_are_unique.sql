-- marts.order_lines: a mart has one row per key
with keys as (
    select 'vendor_orders' as mart, count(*) as rows, count(distinct vendor_order_id) as keys
    from marts.vendor_orders
    union all
    select 'orders', count(*), count(distinct order_id)
    from marts.orders
    union all
    select 'order_lines', count(*), count(distinct line_id)
    from marts.order_lines
    union all
    select 'offers', count(*), count(distinct offer_id)
    from marts.offers
    union all
    select 'vendors', count(*), count(distinct vendor_id)
    from marts.vendors
    union all
    select 'vendor_daily', count(*), count(distinct (vendor_id, order_date))
    from marts.vendor_daily
    union all
    select 'product_daily', count(*), count(distinct (product_id, vendor_id, order_date))
    from marts.product_daily
    union all
    select 'recent_order_items', count(*), count(distinct line_id)
    from marts.recent_order_items
)

select *
from keys
where rows <> keys
