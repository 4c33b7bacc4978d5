-- one row per live payment that took money for neither a paid order nor a refund of all of it
select
    'pay_' || payments.payment_id as key,
    'it took ' || payments.amount_cents || ' cents and ended in ' || coalesce(payments.ended_in, 'nothing')
    || ', ord_' || orders.order_id || ' is ' || orders.status as detail
from payments
join orders using (order_id)
where
    payments.source = 'live'
    and payments.status = 'succeeded'
    and case payments.ended_in
        when 'order' then orders.status <> 'paid'
        when 'refund' then not exists (
            select from refunds
            where
                refunds.payment_id = payments.payment_id
                and refunds.origin = 'late_capture'
                and refunds.amount_cents = payments.amount_cents
        )
        else true
    end
order by payments.payment_id
limit %(limit)s
