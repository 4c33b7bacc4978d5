-- one transfer per vendor order of these paid orders, held until it is delivered; where the fees and the withheld
-- tax exceed the price there is nothing to send, and what the vendor owes is netted from its next transfers
with sold as (
    select vendor_order_id, order_id, vendor_id, net_cents, paid_at
    from vendor_orders
    where order_id = any(%(order_ids)s)
),

held as (
    insert into transfers (order_id, vendor_order_id, vendor_id, status, amount_cents, transfer_group)
    select order_id, vendor_order_id, vendor_id, 'held', greatest(net_cents, 0), 'ord_' || order_id
    from sold
    order by vendor_order_id
    returning transfer_id, vendor_order_id
)

insert into transfer_reversals (
    transfer_id, vendor_id, status, amount_cents, reversible_cents, created_at, owed_at
)
select held.transfer_id, sold.vendor_id, 'owed', -sold.net_cents, 0, sold.paid_at, sold.paid_at
from held
join sold using (vendor_order_id)
where sold.net_cents < 0
order by held.transfer_id
