-- one row per vendor: its name and address, and why it stands as it does
select
    vendor_id as key,
    name,
    email,
    status_reason
from vendors
where vendor_id = any(%(keys)s)
