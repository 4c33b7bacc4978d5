-- one row per transfer that can be claimed, its order locked: due and its amount open, or under way without a lease.
-- While a refund of the order is under way, what is left to send is not known: it waits. So it does for a vendor
-- whose account Stripe lets no transfer go to.
select transfers.transfer_id, transfers.vendor_id
from transfers
join orders using (order_id)
join vendors on vendors.vendor_id = transfers.vendor_id
where
    transfers.status in ('due', 'sending')
    and transfers.due_at <= %(now)s
    and coalesce(transfers.lease_expires_at, '-infinity') <= %(now)s
    and (
        transfers.status = 'sending'
        or (
            vendors.is_transfer_capable
            and not exists (
                select from refunds
                where
                    refunds.order_id = transfers.order_id
                    and refunds.status in ('due', 'sending')
                    and refunds.booked_at is null
            )
        )
    )
order by transfers.due_at, transfers.transfer_id
limit %(limit)s
for update of orders skip locked
