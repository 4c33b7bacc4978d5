-- one row per line of a paid order: what the refunds that count have left of it. One that Stripe refused counts
-- no more, but the units that it brought back to the shelf stay there; so do all of a cancelled vendor order.
with given as (
    select
        refund_lines.line_id,
        sum(refund_lines.restocked_units)::bigint as restocked_units,
        sum(refund_lines.quantity) filter (where counts.counts)::bigint as quantity,
        sum(refund_lines.items_cents) filter (where counts.counts)::bigint as items_cents,
        sum(refund_lines.shipping_cents) filter (where counts.counts)::bigint as shipping_cents,
        sum(refund_lines.tax_cents) filter (where counts.counts)::bigint as tax_cents,
        sum(refund_lines.commission_cents) filter (where counts.counts)::bigint as commission_cents,
        sum(refund_lines.commission_tax_cents) filter (where counts.counts)::bigint as commission_tax_cents
    from refund_lines
    join refunds using (refund_id)
    cross join lateral (select refunds.status <> 'failed' or refunds.booked_at is not null as counts) as counts
    where refunds.order_id = %(order_id)s
    group by refund_lines.line_id
)

select
    order_lines.line_id,
    order_lines.vendor_order_id,
    order_lines.vendor_id,
    order_lines.offer_id,
    order_lines.quantity - coalesce(given.quantity, 0) as quantity,
    order_lines.line_cents - coalesce(given.items_cents, 0) as items_cents,
    order_lines.shipping_cents - coalesce(given.shipping_cents, 0) as shipping_cents,
    order_lines.tax_cents - coalesce(given.tax_cents, 0) as tax_cents,
    order_lines.withheld_tax_cents > 0 as is_tax_withheld,
    order_lines.commission_cents - coalesce(given.commission_cents, 0) as commission_cents,
    order_lines.commission_tax_cents - coalesce(given.commission_tax_cents, 0) as commission_tax_cents,
    case
        when vendor_orders.status = 'cancelled' then 0
        else order_lines.quantity - coalesce(given.restocked_units, 0)
    end as restockable_units
from order_lines
join vendor_orders using (vendor_order_id)
left join given using (line_id)
where order_lines.order_id = %(order_id)s
order by order_lines.line_id
