-- marts.refunds: no more of a vendor order is refunded than was charged for it
-- window: vendor_order_id
with refunds as (
    select vendor_order_id, sum(refunded_cents) as refunded_cents
    from marts.refunds
    where is_booked
    group by vendor_order_id
)

select vendor_order_id, refunds.refunded_cents
from refunds
left join marts.vendor_orders using (vendor_order_id)
where coalesce(refunds.refunded_cents > items_cents + shipping_cents, true)
