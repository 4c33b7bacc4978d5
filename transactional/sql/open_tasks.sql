-- one row per thing that is owed and not done: money without an order, answers, transfers and webhooks overdue
with tasks as (
    select
        'payment_without_order' as kind,
        'pay_' || payments.payment_id as key,
        payments.succeeded_at as since,
        'ord_' || payments.order_id || ' lacks units' as detail
    from payments
    join orders using (order_id)
    where payments.status = 'succeeded' and orders.status <> 'paid'
    union all
    select 'payment_unanswered', 'pay_' || payment_id, started_at, payment_method
    from payment_attempts
    where status = 'started' and started_at <= %(before)s
    union all
    select 'transfer_overdue', 'tra_' || transfer_id, due_at, last_error
    from transfers
    where status = 'due' and due_at <= %(before)s
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
)

select * from tasks order by since, kind, key limit %(limit)s
