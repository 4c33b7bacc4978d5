-- one row: the new vendor's key; its owner and its ledger account come with it
with owner as (
    insert into owners (legal_name) values (%(legal_name)s) returning owner_id
),

vendor as (
    insert into vendors (owner_id, name, status, country, region, ships_within_days)
    select owner_id, %(name)s, 'verifying', %(country)s, %(region)s, %(ships_within_days)s
    from owner
    returning vendor_id
)

insert into accounts (kind, vendor_id)
select 'vendor_payable', vendor_id from vendor
returning vendor_id
