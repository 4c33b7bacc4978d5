-- grain: one line of a refund, with the days of its refund and of the sale it takes back
with refunds as (
    select refund_id, order_id, origin, reason, status, refund_date, booked_date, is_booked
    from staging.refunds
),

order_lines as (
    select line_id, product_id, offer_id, shopper_pseudonym, order_date
    from staging.order_lines
)

select
    refund_lines.*,
    refunds.order_id,
    refunds.origin,
    refunds.reason,
    refunds.status,
    refunds.refund_date,
    refunds.booked_date,
    refunds.is_booked,
    order_lines.product_id,
    order_lines.offer_id,
    order_lines.shopper_pseudonym,
    order_lines.order_date
from source.refund_lines
inner join refunds using (refund_id)
inner join order_lines using (line_id)
