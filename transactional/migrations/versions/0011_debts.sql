-- A sale whose fees and withheld tax exceed its price leaves its vendor a debt from the start, of no refund. It is
-- netted from the vendor's next transfers like any other.
alter table transfer_reversals alter column refund_id drop not null;
create unique index one_debt_per_sale on transfer_reversals (transfer_id) where refund_id is null;

insert into transfer_reversals (transfer_id, vendor_id, status, amount_cents, reversible_cents, created_at, owed_at)
select
    transfers.transfer_id, transfers.vendor_id, 'owed', -vendor_orders.net_cents, 0,
    coalesce(vendor_orders.paid_at, vendor_orders.placed_at), coalesce(vendor_orders.paid_at, vendor_orders.placed_at)
from transfers
join vendor_orders using (vendor_order_id)
where vendor_orders.net_cents < 0 and transfers.status <> 'imported'
order by transfers.transfer_id;

-- What is looked for with every payment, claim and booked refund.
create index on payment_attempts (payment_id);
create index on transfer_reversals (transfer_id);
