-- one row per order whose hold has lapsed, longest ago first; one that is being paid right now waits for
-- Stripe's answer. With offer_ids, only holds on these offers.
select holds.order_id
from holds
where
    holds.status = 'active'
    and holds.expires_at <= %(now)s
    and not exists (
        select from payments
        join payment_attempts using (payment_id)
        where payments.order_id = holds.order_id and payment_attempts.status = 'started'
    )
    and (
        %(offer_ids)s::bigint[] is null
        or exists (
            select from order_lines
            where order_lines.order_id = holds.order_id and order_lines.offer_id = any(%(offer_ids)s)
        )
    )
order by holds.expires_at, holds.order_id
limit %(limit)s
