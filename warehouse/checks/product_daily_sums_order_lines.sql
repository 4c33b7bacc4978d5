-- marts.product_daily: the product days of a day add up to its counted lines
-- window: order_date
with days as (
    select vendor_id, order_date, sum(units) as units, sum(sales_cents) as sales_cents
    from marts.product_daily
    group by vendor_id, order_date
),

lines as (
    select vendor_id, order_date, sum(quantity) as units, sum(line_cents) as sales_cents
    from marts.order_lines
    where is_counted
    group by vendor_id, order_date
)

select vendor_id, order_date, days.sales_cents, lines.sales_cents as lines_cents
from days
full outer join lines using (vendor_id, order_date)
where
    coalesce(days.units, 0) <> coalesce(lines.units, 0)
    or coalesce(days.sales_cents, 0) <> coalesce(lines.sales_cents, 0)
