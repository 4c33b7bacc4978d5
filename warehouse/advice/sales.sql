-- grain: one listing and day with a counted sale; days count from $first
select
    order_lines.offer_id,
    date_diff('day', $first, order_lines.order_date) as day,
    cast(sum(order_lines.quantity) as bigint) as units
from marts.order_lines
where
    order_lines.is_counted
    and order_lines.quantity > 0
    and order_lines.order_date between $first and $last
group by all
