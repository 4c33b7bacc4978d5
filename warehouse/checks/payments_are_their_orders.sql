-- marts.payments: a payment taken by the market is the total of its order
-- window: order_id
select order_id, payments.payment_id, payments.amount_cents, orders.total_cents
from marts.payments
left join marts.orders using (order_id)
where payments.source = 'live' and payments.amount_cents is distinct from orders.total_cents
