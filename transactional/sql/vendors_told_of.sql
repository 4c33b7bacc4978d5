-- one row per vendor: its name and address
select
    vendor_id as key,
    name,
    email
from vendors
where vendor_id = any(%(keys)s)
