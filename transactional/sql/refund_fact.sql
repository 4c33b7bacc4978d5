-- one fact: a refund and its lines as the writing transaction sees them
insert into outbox (type, key, version, occurred_at, payload)
select
    'refund.changed',
    'ref_' || refunds.refund_id,
    refunds.version,
    %(now)s,
    jsonb_build_object(
        'refund_id', refunds.refund_id,
        'order_id', refunds.order_id,
        'origin', refunds.origin,
        'status', refunds.status,
        'reason', refunds.reason,
        'amount_cents', refunds.amount_cents,
        'failure_code', refunds.failure_code,
        'created_at', refunds.created_at,
        'lines', coalesce(
            (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'line_id', refund_lines.line_id,
                            'vendor_order_id', refund_lines.vendor_order_id,
                            'vendor_id', refund_lines.vendor_id,
                            'quantity', refund_lines.quantity,
                            'items_cents', refund_lines.items_cents,
                            'shipping_cents', refund_lines.shipping_cents,
                            'vendor_cents', refund_lines.vendor_cents
                        ) order by refund_lines.line_id
                    )
                from refund_lines
                where refund_lines.refund_id = refunds.refund_id
            ),
            '[]'::jsonb
        )
    )
from refunds
where refunds.refund_id = %(refund_id)s
