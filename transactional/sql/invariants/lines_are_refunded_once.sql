-- one row per line of which more was given back than there was
with given as (
    select
        refund_lines.line_id,
        sum(refund_lines.restocked_units) as restocked_units,
        sum(refund_lines.quantity) filter (where counts.counts) as quantity,
        sum(refund_lines.items_cents) filter (where counts.counts) as items_cents,
        sum(refund_lines.shipping_cents) filter (where counts.counts) as shipping_cents,
        sum(refund_lines.tax_cents) filter (where counts.counts) as tax_cents,
        sum(refund_lines.commission_cents) filter (where counts.counts) as commission_cents,
        sum(refund_lines.commission_tax_cents) filter (where counts.counts) as commission_tax_cents
    from refund_lines
    join refunds using (refund_id)
    cross join lateral (select refunds.status <> 'failed' or refunds.booked_at is not null as counts) as counts
    group by refund_lines.line_id
)

select
    'lin_' || order_lines.line_id as key,
    'of ' || order_lines.quantity || ' units and ' || order_lines.line_cents + order_lines.shipping_cents
    || ' cents went back ' || given.quantity || ' and ' || given.items_cents + given.shipping_cents as detail
from order_lines
join given using (line_id)
where
    given.restocked_units > order_lines.quantity
    or given.quantity > order_lines.quantity
    or given.items_cents > order_lines.line_cents
    or given.shipping_cents > order_lines.shipping_cents
    or given.tax_cents > order_lines.tax_cents
    or given.commission_cents > order_lines.commission_cents
    or given.commission_tax_cents > order_lines.commission_tax_cents
order by order_lines.line_id
limit %(limit)s
