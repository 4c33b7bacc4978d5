-- one row per claimed transfer that has something to send; it is ours until the lease ends, and the fencing token
-- outdates earlier claims. A due one gets its amount here: what is left of the net, shortened by what the vendor
-- owes from before, the oldest debt first. What that uses up whole is void. The orders and debts are locked.
with claimable as (
    select *
    from transfers
    where transfer_id = any(%(transfer_ids)s) and status in ('due', 'sending')
),

demanded as (
    select transfer_id, sum(amount_cents)::bigint as amount_cents
    from transfer_reversals
    where transfer_id = any(%(transfer_ids)s)
    group by transfer_id
),

payable as (
    select
        claimable.transfer_id,
        claimable.vendor_id,
        greatest(
            vendor_orders.net_cents - vendor_orders.vendor_refunded_cents - claimable.netted_cents
            + coalesce(demanded.amount_cents, 0),
            0
        ) as cents
    from claimable
    join vendor_orders using (vendor_order_id)
    left join demanded using (transfer_id)
    where claimable.status = 'due'
),

credits as (
    select *, sum(cents) over (partition by vendor_id order by transfer_id) as upto_cents from payable
),

debts as (
    select
        transfer_reversal_id,
        vendor_id,
        amount_cents - reversed_cents - netted_cents as cents,
        sum(amount_cents - reversed_cents - netted_cents)
            over (partition by vendor_id order by transfer_reversal_id) as upto_cents
    from transfer_reversals
    where status = 'owed' and vendor_id in (select vendor_id from payable)
),

netted as (
    select
        credits.transfer_id,
        debts.transfer_reversal_id,
        (
            least(credits.upto_cents, debts.upto_cents)
            - greatest(credits.upto_cents - credits.cents, debts.upto_cents - debts.cents)
        )::bigint as cents
    from credits
    join debts using (vendor_id)
    where
        credits.upto_cents - credits.cents < debts.upto_cents
        and debts.upto_cents - debts.cents < credits.upto_cents
        and credits.cents > 0
),

written as (
    insert into transfer_nettings (transfer_id, transfer_reversal_id, amount_cents)
    select transfer_id, transfer_reversal_id, cents from netted
    on conflict (transfer_id, transfer_reversal_id)
    do update set amount_cents = transfer_nettings.amount_cents + excluded.amount_cents
),

by_debt as (
    select transfer_reversal_id, sum(cents)::bigint as cents from netted group by transfer_reversal_id
),

settled as (
    update transfer_reversals as debt set
        netted_cents = debt.netted_cents + by_debt.cents,
        status = case
            when debt.reversed_cents + debt.netted_cents + by_debt.cents = debt.amount_cents then 'settled'
            else debt.status
        end,
        settled_at = case
            when debt.reversed_cents + debt.netted_cents + by_debt.cents = debt.amount_cents
                then %(now)s::timestamptz
        end
    from by_debt
    where debt.transfer_reversal_id = by_debt.transfer_reversal_id
),

by_transfer as (
    select transfer_id, sum(cents)::bigint as cents from netted group by transfer_id
),

amounts as (
    select payable.transfer_id, payable.cents - coalesce(by_transfer.cents, 0) as cents, by_transfer.cents as netted_cents
    from payable
    left join by_transfer using (transfer_id)
),

claimed as (
    update transfers set
        amount_cents = coalesce(amounts.cents, transfers.amount_cents),
        netted_cents = transfers.netted_cents + coalesce(amounts.netted_cents, 0),
        status = case when amounts.cents = 0 then 'void' else 'sending' end,
        lease_expires_at = case when amounts.cents = 0 then null else %(lease_expires_at)s::timestamptz end,
        fencing_token = transfers.fencing_token + 1,
        attempts = transfers.attempts + 1
    from claimable
    left join amounts using (transfer_id)
    where transfers.transfer_id = claimable.transfer_id
    returning
        transfers.transfer_id, transfers.order_id, transfers.vendor_id, transfers.status, transfers.amount_cents,
        transfers.transfer_group, transfers.idempotency_key, transfers.fencing_token, transfers.attempts
)

select
    claimed.*,
    installation.currency,
    payments.stripe_charge_id as source_charge_id
from claimed
cross join installation
left join payments on claimed.order_id = payments.order_id and payments.ended_in = 'order'
where claimed.status = 'sending'
order by claimed.transfer_id
