-- one row per review of a line that was not delivered, or not of this product, by this vendor, to this shopper
select
    'rev_' || reviews.review_id as key,
    'lin_' || reviews.line_id || ' is ' || vendor_orders.status || ', of prd_' || order_lines.product_id
    || ' by ven_' || order_lines.vendor_id as detail
from reviews
join order_lines using (line_id)
join vendor_orders using (vendor_order_id)
where
    vendor_orders.status <> 'delivered'
    or vendor_orders.shopper_pseudonym <> reviews.shopper_pseudonym
    or order_lines.product_id <> reviews.product_id
    or order_lines.vendor_id <> reviews.vendor_id
order by reviews.review_id
limit %(limit)s
