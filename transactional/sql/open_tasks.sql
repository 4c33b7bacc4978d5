-- one row per thing that is owed and not done: money without an order, answers, transfers, refunds and webhooks
-- overdue, what vendors owe, disputes that wait for evidence, consumers that stopped reading
with tasks as (
    select
        'payment_without_order' as kind,
        'pay_' || payments.payment_id as key,
        payments.succeeded_at as since,
        'the money for ord_' || payments.order_id || ' is neither a sale nor on its way back' as detail
    from payments
    where status = 'succeeded' and ended_in is null and source = 'live'
    union all
    select 'payment_unanswered', 'pay_' || payment_id, started_at, payment_method
    from payment_attempts
    where status = 'started' and started_at <= %(before)s
    union all
    select
        'transfer_overdue',
        'tra_' || transfers.transfer_id,
        transfers.due_at,
        case
            when vendors.is_transfer_capable then transfers.last_error
            else 'Stripe lets nothing go to ven_' || vendors.vendor_id || '; it asks for '
                || coalesce(nullif(array_to_string(vendors.requirements_due, ', '), ''), 'nothing it names')
        end
    from transfers
    join vendors using (vendor_id)
    where transfers.status in ('due', 'sending') and transfers.due_at <= %(before)s
    union all
    select 'refund_overdue', 'ref_' || refund_id, created_at, last_error
    from refunds
    where status in ('due', 'sending') and created_at <= %(before)s
    union all
    select
        'refund_failed',
        'ref_' || refund_id,
        answered_at,
        case
            when booked_at is not null or origin = 'late_capture'
                then 'the money is kept for the shopper: send it again (' || coalesce(failure_code, 'no reason') || ')'
            else 'Stripe refused it (' || coalesce(failure_code, 'no reason') || ')'
        end
    from refunds
    where status = 'failed' and failure_code is distinct from 'charged_back'
    union all
    select 'reversal_overdue', 'trr_' || transfer_reversal_id, created_at, last_error
    from transfer_reversals
    where status in ('due', 'sending') and created_at <= %(before)s
    union all
    select
        'vendor_debt',
        'ven_' || vendor_id,
        min(owed_at),
        sum(amount_cents - reversed_cents - netted_cents) || ' cents are netted from its next transfers'
    from transfer_reversals
    where status = 'owed'
    group by vendor_id
    union all
    select 'dispute_open', 'dsp_' || dispute_id, opened_at, coalesce(evidence_error, 'evidence is due by ' || evidence_due_at)
    from disputes
    where status = 'open'
    union all
    select 'webhook_unapplied', event_id, received_at, last_error
    from webhook_events
    where applied_at is null and set_aside_at is null and received_at <= %(before)s
    union all
    select 'webhook_set_aside', event_id, set_aside_at, last_error
    from webhook_events
    where set_aside_at is not null
    union all
    select 'vendor_account_missing', 'ven_' || vendor_id, created_at, null
    from vendors
    where status = 'verifying' and stripe_account_id is null and created_at <= %(before)s
    union all
    select
        'consumer_behind',
        consumers.name,
        unread.recorded_at,
        relay.published_position - consumers.position || ' facts are unread, and kept until it has read them'
    from consumers
    cross join relay
    cross join lateral (
        select outbox.recorded_at from outbox where outbox.position > consumers.position order by outbox.position limit 1
    ) as unread
    where consumers.position < relay.published_position and unread.recorded_at <= %(before)s
)

select * from tasks order by since, kind, key limit %(limit)s
