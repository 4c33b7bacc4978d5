-- grain: one vendor
-- key: vendor_id
select vendor_id, name, status
from source.vendors
order by vendor_id
