-- one row per vendor that sells here and has never had an account that money could go to; imported vendors get
-- theirs with their first live transfer
select
    'ven_' || vendor_id as key,
    'it is ' || status || ' without an account' as detail
from vendors
where source = 'live' and status in ('active', 'suspended') and stripe_account_id is null
order by vendor_id
limit %(limit)s
