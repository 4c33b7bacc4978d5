-- one row per transfer or demand whose netted cents are not those of its nettings, and per netting across vendors
select 'tra_' || transfers.transfer_id as key,
    'it says ' || transfers.netted_cents || ' cents were netted, its nettings '
    || coalesce(sum(transfer_nettings.amount_cents), 0) as detail
from transfers
left join transfer_nettings using (transfer_id)
group by transfers.transfer_id
having transfers.netted_cents <> coalesce(sum(transfer_nettings.amount_cents), 0)
union all
select 'trr_' || transfer_reversals.transfer_reversal_id,
    'it says ' || transfer_reversals.netted_cents || ' cents were netted, its nettings '
    || coalesce(sum(transfer_nettings.amount_cents), 0)
from transfer_reversals
left join transfer_nettings using (transfer_reversal_id)
group by transfer_reversals.transfer_reversal_id
having transfer_reversals.netted_cents <> coalesce(sum(transfer_nettings.amount_cents), 0)
union all
select 'tra_' || transfers.transfer_id, 'it paid a debt of another vendor'
from transfer_nettings
join transfers using (transfer_id)
join transfer_reversals using (transfer_reversal_id)
where transfers.vendor_id <> transfer_reversals.vendor_id
order by key
limit %(limit)s
