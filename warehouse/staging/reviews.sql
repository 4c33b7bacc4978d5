-- grain: one review of a delivered line; one that an operator removed is not shown and not counted
with installation as (
    select * from staging.installation
)

select
    reviews.*,
    order_lines.vendor_order_id,
    order_lines.order_id,
    cast(reviews.created_at at time zone installation.time_zone as date) as review_date,
    reviews.removed_at is null as is_counted
from source.reviews
inner join source.order_lines using (line_id)
cross join installation
