-- one row per refund whose lines do not sum to it; a late capture has no lines and gives the payment back whole
with lines as (
    select refund_id, sum(items_cents + shipping_cents) as cents from refund_lines group by refund_id
)

select
    'ref_' || refunds.refund_id as key,
    'it gives back ' || refunds.amount_cents || ' cents, its lines ' || coalesce(lines.cents, 0) as detail
from refunds
join payments using (payment_id)
left join lines using (refund_id)
where
    refunds.amount_cents <> case
        when refunds.origin = 'late_capture' then payments.amount_cents - coalesce(lines.cents, 0)
        else coalesce(lines.cents, 0)
    end
order by refunds.refund_id
limit %(limit)s
