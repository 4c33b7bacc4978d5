-- one row per vendor order: what its vendor promises, and on which days it works
select
    vendor_orders.vendor_order_id,
    vendors.ships_within_days,
    vendors.open_weekdays,
    installation.time_zone,
    array(
        select array[vendor_closures.first_date, vendor_closures.last_date]
        from vendor_closures
        where vendor_closures.vendor_id = vendors.vendor_id
        and vendor_closures.last_date >= current_date - 1
    ) as closures
from vendor_orders
join vendors using (vendor_id)
cross join installation
where vendor_orders.order_id = any(%(order_ids)s)
order by vendor_orders.vendor_order_id
