-- grain: one order line; published as one Parquet file per month of its day
-- key: line_id
-- window: vendor_order_id
select *
from staging.order_lines
order by order_date, vendor_id, line_id
