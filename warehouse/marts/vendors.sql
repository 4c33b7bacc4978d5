-- grain: one vendor
select vendor_id, name, status
from source.vendors
order by vendor_id
