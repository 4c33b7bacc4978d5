-- grain: one payment of an order; it succeeded, or ended in something else, or is under way
-- key: payment_id
-- window: payment_id
select
    payment_id,
    order_id,
    payment_date,
    created_at,
    succeeded_at,
    status,
    failure_code,
    amount_cents,
    status = 'succeeded' as is_succeeded,
    status in ('succeeded', 'failed', 'cancelled') as is_ended,
    source
from staging.payments
order by created_at
