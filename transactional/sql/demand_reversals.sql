-- one row per vendor that has to give back, after a booked refund, more than was left to send it.
-- What is left of a vendor order: its net, less what refunds booked against it, less what was sent or netted, plus
-- what was demanded back before. A waiting transfer with nothing left is void.
with parts as (
    select distinct vendor_order_id from refund_lines where refund_id = %(refund_id)s
),

booked as (
    select refund_lines.vendor_order_id, sum(refund_lines.vendor_cents)::bigint as vendor_cents
    from refund_lines
    join refunds using (refund_id)
    join parts using (vendor_order_id)
    where refunds.booked_at is not null
    group by refund_lines.vendor_order_id
),

demanded as (
    select
        transfers.transfer_id,
        sum(transfer_reversals.amount_cents)::bigint as amount_cents,
        sum(transfer_reversals.reversible_cents)::bigint as reversible_cents
    from transfer_reversals
    join transfers using (transfer_id)
    join parts using (vendor_order_id)
    group by transfers.transfer_id
),

fixed as (
    select
        transfers.transfer_id,
        transfers.vendor_id,
        transfers.status,
        vendor_orders.net_cents - booked.vendor_cents - transfers.netted_cents
        + coalesce(demanded.amount_cents, 0)
        - case when transfers.status in ('sending', 'sent') then transfers.amount_cents else 0 end as left_cents,
        case when transfers.status in ('sending', 'sent') then transfers.amount_cents else 0 end
        - coalesce(demanded.reversible_cents, 0) as reversible_cents
    from transfers
    join vendor_orders using (vendor_order_id)
    join booked using (vendor_order_id)
    left join demanded using (transfer_id)
),

voided as (
    update transfers set status = 'void', amount_cents = 0, lease_expires_at = null
    from fixed
    where
        transfers.transfer_id = fixed.transfer_id
        and fixed.left_cents <= 0
        and fixed.status in ('held', 'due', 'frozen')
),

debts as (
    select
        transfer_id,
        vendor_id,
        -left_cents as amount_cents,
        least(-left_cents, greatest(reversible_cents, 0)) as reversible_cents
    from fixed
    where left_cents < 0
)

insert into transfer_reversals (
    transfer_id, refund_id, vendor_id, status, amount_cents, reversible_cents, created_at, owed_at
)
select
    transfer_id,
    %(refund_id)s,
    vendor_id,
    case when reversible_cents > 0 then 'due' else 'owed' end,
    amount_cents,
    reversible_cents,
    %(now)s,
    case when reversible_cents > 0 then null else %(now)s::timestamptz end
from debts
order by transfer_id
returning transfer_reversal_id
