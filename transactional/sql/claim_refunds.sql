-- one row per refund that is ours until the lease ends; the fencing token outdates earlier claims.
-- While a bank decides about the payment, Stripe gives nothing of it back: its refunds wait.
with due as (
    select refund_id
    from refunds
    where
        status in ('due', 'sending')
        and coalesce(lease_expires_at, '-infinity') <= %(now)s
        and not exists (
            select from disputes
            where disputes.payment_id = refunds.payment_id and disputes.status in ('open', 'under_review')
        )
    order by refund_id
    limit %(limit)s
    for update skip locked
),

claimed as (
    update refunds set
        status = 'sending',
        lease_expires_at = %(lease_expires_at)s,
        fencing_token = refunds.fencing_token + 1,
        attempts = refunds.attempts + 1
    from due
    where refunds.refund_id = due.refund_id
    returning
        refunds.refund_id, refunds.payment_id, refunds.amount_cents, refunds.idempotency_key,
        refunds.fencing_token, refunds.attempts
)

select
    claimed.*,
    payments.stripe_payment_intent_id as payment_intent_id
from claimed
join payments using (payment_id)
order by claimed.refund_id
