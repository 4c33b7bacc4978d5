-- one row per transfer whose reversed cents are not those of its reversals, or exceed it
with reversed as (
    select transfer_id, sum(reversed_cents) as cents from transfer_reversals group by transfer_id
)

select
    'tra_' || transfers.transfer_id as key,
    'of ' || transfers.amount_cents || ' cents it says ' || transfers.reversed_cents || ' were reversed, its '
    || 'reversals ' || coalesce(reversed.cents, 0) as detail
from transfers
left join reversed using (transfer_id)
where
    transfers.reversed_cents <> coalesce(reversed.cents, 0)
    or transfers.reversed_cents > transfers.amount_cents
order by transfers.transfer_id
limit %(limit)s
