-- one row per reversal that is ours until the lease ends; the fencing token outdates earlier claims
with due as (
    select transfer_reversals.transfer_reversal_id
    from transfer_reversals
    join transfers using (transfer_id)
    where
        transfer_reversals.status in ('due', 'sending')
        and transfers.status = 'sent'
        and coalesce(transfer_reversals.lease_expires_at, '-infinity') <= %(now)s
    order by transfer_reversals.transfer_reversal_id
    limit %(limit)s
    for update of transfer_reversals skip locked
),

claimed as (
    update transfer_reversals set
        status = 'sending',
        lease_expires_at = %(lease_expires_at)s,
        fencing_token = transfer_reversals.fencing_token + 1,
        attempts = transfer_reversals.attempts + 1
    from due
    where transfer_reversals.transfer_reversal_id = due.transfer_reversal_id
    returning transfer_reversals.*
)

select
    claimed.transfer_reversal_id,
    claimed.transfer_id,
    claimed.vendor_id,
    claimed.reversible_cents,
    claimed.idempotency_key,
    claimed.fencing_token,
    claimed.attempts,
    transfers.order_id,
    transfers.stripe_transfer_id
from claimed
join transfers using (transfer_id)
order by claimed.transfer_reversal_id
