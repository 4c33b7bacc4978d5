-- marts.product_daily: a vendor's product days add up to its counted lines
with days as (
    select vendor_id, sum(units) as units, sum(sales_cents) as sales_cents
    from marts.product_daily
    group by vendor_id
),

lines as (
    select vendor_id, sum(quantity) as units, sum(line_cents) as sales_cents
    from marts.order_lines
    where is_counted
    group by vendor_id
)

select vendor_id, days.sales_cents, lines.sales_cents as lines_cents
from days
full outer join lines using (vendor_id)
where
    coalesce(days.units, 0) <> coalesce(lines.units, 0)
    or coalesce(days.sales_cents, 0) <> coalesce(lines.sales_cents, 0)
