-- marts.rfm_segments: the vendors' segments and the market's hold the same orders and sales
select
    sum(orders) filter (where vendor_id is null) as market_orders,
    sum(orders) filter (where vendor_id is not null) as vendor_orders
from marts.rfm_segments
having
    market_orders is distinct from vendor_orders
    or sum(sales_cents) filter (where vendor_id is null)
    is distinct from sum(sales_cents) filter (where vendor_id is not null)
