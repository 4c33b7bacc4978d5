-- one row per payment of which more was given back than came in
select
    'pay_' || payments.payment_id as key,
    'of ' || payments.amount_cents || ' cents ' || sum(refunds.amount_cents) || ' went back' as detail
from payments
join refunds using (payment_id)
where
    refunds.status <> 'failed'
    or (refunds.booked_at is not null and refunds.failure_code is distinct from 'charged_back')
group by payments.payment_id
having sum(refunds.amount_cents) > payments.amount_cents
order by payments.payment_id
limit %(limit)s
