-- one row per payment whose answer is missing and that nobody asked about lately; nobody waits for the
-- PaymentIntent of a cancelled order, of an earlier generation of the hold, or of an order that is paid otherwise
with candidates as (
    select payment_id
    from payment_attempts
    where status = 'started' and started_at <= %(before)s
    union
    select payments.payment_id
    from payments
    join orders using (order_id)
    join holds using (order_id)
    where
        payments.source = 'live'
        and payments.stripe_payment_intent_id is not null
        and (
            payments.status in ('requires_action', 'processing')
            or (
                payments.status = 'requires_payment'
                and (orders.status <> 'pending_payment' or payments.hold_generation < holds.generation)
            )
        )
    union
    select payment_id
    from payments
    where source = 'live' and status = 'succeeded' and ended_in is null
)

select
    payments.payment_id,
    payments.order_id,
    payments.status,
    payments.amount_cents,
    payments.stripe_payment_intent_id as payment_intent_id,
    payments.status <> 'succeeded'
    and (orders.status <> 'pending_payment' or payments.hold_generation < holds.generation) as is_outdated,
    payment_attempts.attempt_id,
    payment_attempts.payment_method,
    payment_attempts.idempotency_key,
    payment_attempts.started_at,
    payment_attempts.stripe_payment_intent_id
from payments
join candidates using (payment_id)
join orders using (order_id)
join holds using (order_id)
left join payment_attempts
    on payments.payment_id = payment_attempts.payment_id and payment_attempts.status = 'started'
where
    coalesce(payments.checked_at, '-infinity') <= %(before)s
    and coalesce(payment_attempts.started_at, '-infinity') <= %(before)s
order by payments.checked_at nulls first, payments.payment_id
limit %(limit)s
for update of payments skip locked
