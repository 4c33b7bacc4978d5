-- one row: the new vendor's key; its owner, where it has none yet, and its ledger account come with it.
-- Where nothing is asked of vendors of its country, an application is as good as reviewed.
with owner as (
    insert into owners (legal_name)
    select %(legal_name)s where %(owner_id)s::bigint is null
    returning owner_id
),

vendor as (
    insert into vendors (owner_id, name, status, country, region, ships_within_days, email)
    select
        coalesce(%(owner_id)s::bigint, (select owner_id from owner)),
        %(name)s,
        case when exists (
            select from checklist_items
            where is_required and not is_retired and coalesce(country, %(country)s) = %(country)s
        ) then 'applied' else 'verifying' end,
        %(country)s,
        %(region)s,
        %(ships_within_days)s,
        %(email)s
    returning vendor_id
)

insert into accounts (kind, vendor_id)
select 'vendor_payable', vendor_id from vendor
returning vendor_id
