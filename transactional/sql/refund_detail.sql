-- one row per refund, newest first, with its lines: one refund, or an order's; with a vendor, only that vendor's lines and
-- what they sum to
with lines as (
    select
        refund_lines.refund_id,
        sum(refund_lines.items_cents + refund_lines.shipping_cents)::bigint as amount_cents,
        sum(refund_lines.vendor_cents)::bigint as vendor_cents,
        jsonb_agg(
            jsonb_build_object(
                'line_id', refund_lines.line_id,
                'vendor_order_id', refund_lines.vendor_order_id,
                'vendor_id', refund_lines.vendor_id,
                'quantity', refund_lines.quantity,
                'restocked_units', refund_lines.restocked_units,
                'items_cents', refund_lines.items_cents,
                'shipping_cents', refund_lines.shipping_cents,
                'tax_cents', refund_lines.tax_cents,
                'withheld_tax_cents', refund_lines.withheld_tax_cents,
                'commission_cents', refund_lines.commission_cents,
                'commission_tax_cents', refund_lines.commission_tax_cents,
                'vendor_cents', refund_lines.vendor_cents
            ) order by refund_lines.line_id
        ) as lines
    from refund_lines
    join refunds using (refund_id)
    where
        (refunds.refund_id = %(refund_id)s::bigint or refunds.order_id = %(order_id)s::bigint)
        and (%(vendor_id)s::bigint is null or refund_lines.vendor_id = %(vendor_id)s)
    group by refund_lines.refund_id
)

select
    refunds.refund_id,
    refunds.order_id,
    refunds.origin,
    refunds.status,
    refunds.reason,
    case when %(vendor_id)s::bigint is null then refunds.amount_cents else lines.amount_cents end as amount_cents,
    refunds.failure_code,
    refunds.created_at,
    refunds.answered_at,
    coalesce(lines.vendor_cents, 0) as vendor_cents,
    coalesce(lines.lines, '[]'::jsonb) as lines
from refunds
left join lines using (refund_id)
where
    (refunds.refund_id = %(refund_id)s::bigint or refunds.order_id = %(order_id)s::bigint)
    and (%(vendor_id)s::bigint is null or lines.refund_id is not null)
order by refunds.refund_id desc
