-- one row per transfer that, with what was netted from it and demanded back, is not what refunds left of the net:
-- exactly once it is sent or void, and never more before
with booked as (
    select refund_lines.vendor_order_id, sum(refund_lines.vendor_cents) as vendor_cents
    from refund_lines
    join refunds using (refund_id)
    where refunds.booked_at is not null
    group by refund_lines.vendor_order_id
),

demanded as (
    select transfer_id, sum(amount_cents) as cents from transfer_reversals group by transfer_id
),

positions as (
    select
        transfers.transfer_id,
        transfers.status,
        vendor_orders.net_cents - coalesce(booked.vendor_cents, 0) as net_cents,
        case when transfers.status in ('sending', 'sent', 'imported') then transfers.amount_cents else 0 end
        + transfers.netted_cents - coalesce(demanded.cents, 0) as paid_cents
    from transfers
    join vendor_orders using (vendor_order_id)
    left join booked using (vendor_order_id)
    left join demanded using (transfer_id)
)

select
    'tra_' || transfer_id as key,
    'it is ' || status || ', ' || net_cents || ' cents are the vendor''s, ' || paid_cents || ' are paid' as detail
from positions
where
    case when status in ('held', 'due', 'frozen') then paid_cents > net_cents else paid_cents <> net_cents end
order by transfer_id
limit %(limit)s
