-- one row: what a vendor's money waits for, and its demands that are owed, oldest first
with waiting as (
    select
        transfers.status,
        greatest(
            vendor_orders.net_cents - vendor_orders.vendor_refunded_cents - transfers.netted_cents, 0
        ) as cents
    from transfers
    join vendor_orders using (vendor_order_id)
    where transfers.vendor_id = %(vendor_id)s and transfers.status in ('held', 'due', 'frozen')
),

demands as (
    select
        transfer_reversals.transfer_reversal_id,
        transfer_reversals.status,
        transfers.vendor_order_id,
        transfer_reversals.amount_cents - transfer_reversals.reversed_cents - transfer_reversals.netted_cents as cents,
        transfer_reversals.owed_at
    from transfer_reversals
    join transfers using (transfer_id)
    where transfer_reversals.vendor_id = %(vendor_id)s and transfer_reversals.status <> 'settled'
)

select
    coalesce(
        (
            select -sum(postings.amount_cents)
            from postings
            join accounts using (account_id)
            where accounts.kind = 'vendor_payable' and accounts.vendor_id = %(vendor_id)s
        ),
        0
    )::bigint as payable_cents,
    (select coalesce(sum(cents), 0) from waiting where status = 'held')::bigint as held_cents,
    (select coalesce(sum(cents), 0) from waiting where status = 'due')::bigint as due_cents,
    (select coalesce(sum(cents), 0) from waiting where status = 'frozen')::bigint as frozen_cents,
    (
        select coalesce(sum(amount_cents), 0) from transfers
        where vendor_id = %(vendor_id)s and status = 'sending'
    )::bigint as sending_cents,
    (select coalesce(sum(cents), 0) from demands where status <> 'owed')::bigint as reversing_cents,
    (select coalesce(sum(cents), 0) from demands where status = 'owed')::bigint as owed_cents,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'transfer_reversal_id', transfer_reversal_id,
                        'vendor_order_id', vendor_order_id,
                        'owed_cents', cents,
                        'owed_at', owed_at,
                        'age_days', extract(day from %(now)s - owed_at)::integer
                    ) order by transfer_reversal_id
                )
            from (
                select * from demands where status = 'owed' order by transfer_reversal_id limit %(limit)s
            ) as oldest
        ),
        '[]'::jsonb
    ) as debts
