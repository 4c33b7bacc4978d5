-- one row per line of a vendor order: what commission it froze, and where its product stands in today's categories
with recursive ancestors as (
    select products.category_id, 1 as distance
    from order_lines
    join products using (product_id)
    where order_lines.line_id = %(line_id)s and products.category_id is not null
    union all
    select categories.parent_id, ancestors.distance + 1
    from ancestors
    join categories using (category_id)
    where categories.parent_id is not null
) cycle category_id set is_repeated using path

select
    order_lines.line_id,
    order_lines.vendor_id,
    order_lines.placed_at,
    order_lines.line_cents,
    order_lines.commission_rule_id,
    order_lines.commission_basis,
    order_lines.commission_rate,
    order_lines.commission_cents,
    order_lines.commission_tax_rate,
    order_lines.commission_tax_cents,
    array(select category_id from ancestors where not is_repeated order by distance) as lineage
from order_lines
where order_lines.vendor_order_id = %(vendor_order_id)s and order_lines.line_id = %(line_id)s
