-- one row per due transfer that is ours until the lease ends; the fencing token outdates earlier claims
with due as (
    select transfer_id
    from transfers
    where
        status = 'due'
        and due_at <= %(now)s
        and coalesce(lease_expires_at, '-infinity') <= %(now)s
    order by due_at, transfer_id
    limit %(limit)s
    for update skip locked
),

claimed as (
    update transfers set
        lease_expires_at = %(lease_expires_at)s,
        fencing_token = transfers.fencing_token + 1,
        attempts = transfers.attempts + 1
    from due
    where transfers.transfer_id = due.transfer_id
    returning
        transfers.transfer_id, transfers.order_id, transfers.vendor_id, transfers.amount_cents,
        transfers.transfer_group, transfers.idempotency_key, transfers.fencing_token, transfers.attempts
),

charges as (
    select order_id, stripe_charge_id as source_charge_id from payments where status = 'succeeded'
)

select
    claimed.*,
    installation.currency,
    charges.source_charge_id
from claimed
cross join installation
left join charges using (order_id)
order by claimed.transfer_id
