-- one row per dispute, newest first, or one, with what each vendor has in its order; with a vendor, only its part
with chosen as (
    select *
    from disputes
    where
        (%(before)s::bigint is null or dispute_id < %(before)s)
        and (%(dispute_id)s::bigint is null or dispute_id = %(dispute_id)s)
        and (
            %(vendor_id)s::bigint is null
            or exists (
                select from vendor_orders
                where vendor_orders.order_id = disputes.order_id and vendor_orders.vendor_id = %(vendor_id)s
            )
        )
    order by dispute_id desc
    limit %(limit)s
)

select
    chosen.dispute_id,
    chosen.order_id,
    chosen.status,
    chosen.reason,
    chosen.amount_cents,
    chosen.opened_at,
    chosen.evidence_due_at,
    chosen.evidence_text,
    chosen.evidence_sent_at,
    chosen.evidence_error,
    chosen.closed_at,
    coalesce(parts.parts, '[]'::jsonb) as parts
from chosen
left join lateral (
    select
        jsonb_agg(
            jsonb_build_object(
                'vendor_order_id', vendor_orders.vendor_order_id,
                'vendor_id', vendor_orders.vendor_id,
                'net_cents', vendor_orders.net_cents,
                'vendor_refunded_cents', vendor_orders.vendor_refunded_cents,
                'transfer_status', transfers.status
            ) order by vendor_orders.vendor_order_id
        ) as parts
    from vendor_orders
    left join transfers using (vendor_order_id)
    where
        vendor_orders.order_id = chosen.order_id
        and (%(vendor_id)s::bigint is null or vendor_orders.vendor_id = %(vendor_id)s)
) as parts on true
order by chosen.dispute_id desc
