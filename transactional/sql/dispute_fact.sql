-- one fact: a dispute as the writing transaction sees it
insert into outbox (type, key, version, occurred_at, payload)
select
    'dispute.changed',
    'dsp_' || dispute_id,
    version,
    %(now)s,
    jsonb_build_object(
        'dispute_id', dispute_id,
        'order_id', order_id,
        'vendor_ids', (
            select jsonb_agg(vendor_orders.vendor_id order by vendor_orders.vendor_id)
            from vendor_orders
            where vendor_orders.order_id = disputes.order_id
        ),
        'status', status,
        'reason', reason,
        'amount_cents', amount_cents,
        'opened_at', opened_at,
        'evidence_due_at', evidence_due_at,
        'closed_at', closed_at
    )
from disputes
where dispute_id = %(dispute_id)s
