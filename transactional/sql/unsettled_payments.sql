-- one row per payment whose answer is missing and that nobody asked about lately
select
    payments.payment_id,
    payments.order_id,
    payments.status,
    payments.amount_cents,
    payments.stripe_payment_intent_id as payment_intent_id,
    orders.status as order_status,
    payment_attempts.attempt_id,
    payment_attempts.payment_method,
    payment_attempts.idempotency_key,
    payment_attempts.started_at,
    payment_attempts.stripe_payment_intent_id
from payments
join orders using (order_id)
left join payment_attempts
    on payments.payment_id = payment_attempts.payment_id and payment_attempts.status = 'started'
where
    payments.source = 'live'
    and coalesce(payments.checked_at, '-infinity') <= %(before)s
    and coalesce(payment_attempts.started_at, '-infinity') <= %(before)s
    and (
        payment_attempts.attempt_id is not null
        or (payments.status in ('requires_action', 'processing') and payments.stripe_payment_intent_id is not null)
        or (
            payments.status in ('requires_payment', 'requires_action', 'processing')
            and orders.status = 'cancelled'
            and payments.stripe_payment_intent_id is not null
        )
        or (payments.status = 'succeeded' and orders.status <> 'paid')
    )
order by payments.payment_id
limit %(limit)s
for update of payments skip locked
