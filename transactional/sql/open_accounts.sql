-- the accounts that a journal posts to, where they do not exist yet
insert into accounts (kind, vendor_id)
select wanted.kind, wanted.vendor_id
from jsonb_to_recordset(%(amounts)s) as wanted (kind text, vendor_id bigint)
where not exists (
    select from accounts
    where accounts.kind = wanted.kind and accounts.vendor_id is not distinct from wanted.vendor_id
)
order by wanted.kind, wanted.vendor_id
on conflict do nothing
