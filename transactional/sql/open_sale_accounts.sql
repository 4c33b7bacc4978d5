-- the accounts that the sale journals of these orders post to, where they do not exist yet
insert into accounts (kind, vendor_id)
select wanted.kind, wanted.vendor_id
from (
    select 'stripe_balance' as kind, null::bigint as vendor_id
    union all
    select 'commission_revenue', null
    union all
    select 'processing_recovery', null
    union all
    select 'commission_tax_payable', null
    union all
    select 'tax_payable', null
    union all
    select distinct 'vendor_payable', vendor_id from vendor_orders where order_id = any(%(order_ids)s)
) as wanted
where not exists (
    select from accounts
    where accounts.kind = wanted.kind and accounts.vendor_id is not distinct from wanted.vendor_id
)
order by wanted.kind, wanted.vendor_id
on conflict do nothing
