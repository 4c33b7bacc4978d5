-- one row per refund of a shopper's orders, newest first, with the lines it gives back; without any, it is of money that came too
-- late
select
    refunds.refund_id,
    refunds.order_id,
    refunds.origin,
    refunds.status,
    refunds.amount_cents,
    refunds.created_at,
    refunds.answered_at,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'line_id', refund_lines.line_id,
                        'quantity', refund_lines.quantity,
                        'items_cents', refund_lines.items_cents,
                        'shipping_cents', refund_lines.shipping_cents
                    ) order by refund_lines.line_id
                )
            from refund_lines
            where refund_lines.refund_id = refunds.refund_id
        ),
        '[]'::jsonb
    ) as lines
from refunds
join orders using (order_id)
where orders.shopper_id = %(shopper_id)s and (%(before)s::bigint is null or refunds.refund_id < %(before)s)
order by refunds.refund_id desc
limit %(limit)s
