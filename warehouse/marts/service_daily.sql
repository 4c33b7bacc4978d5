-- grain: one vendor and day: orders by their day, shipping by its deadline, delivery by its promise
-- key: vendor_id, service_date
-- window: service_date; service by order_date, ship_by_date, deliver_by_date
with placed as (
    select
        vendor_id,
        order_date as service_date,
        count(*) as paid_orders,
        count(*) filter (where is_cancelled_by_vendor) as cancelled_by_vendor_orders,
        count(*) filter (where is_cancelled) as cancelled_orders,
        count(*) filter (where is_disputed or is_complained_of or is_cancelled_by_vendor)
            as defective_orders
    from marts.service
    group by vendor_id, order_date
),

due as (
    select
        vendor_id,
        ship_by_date as service_date,
        count(*) as due_orders,
        count(*) filter (where is_shipped_late) as shipped_late_orders,
        count(*) filter (where not is_shipped) as unshipped_orders
    from marts.service
    where ship_by_date is not null and (is_shipped or not is_cancelled)
    group by vendor_id, ship_by_date
),

promised as (
    select
        vendor_id,
        deliver_by_date as service_date,
        count(*) as promised_orders,
        count(*) filter (where is_delivered_on_time) as on_time_orders
    from marts.service
    where deliver_by_date is not null and not is_cancelled
    group by vendor_id, deliver_by_date
)

select
    vendor_id,
    service_date,
    coalesce(placed.paid_orders, 0) as paid_orders,
    coalesce(placed.cancelled_orders, 0) as cancelled_orders,
    coalesce(placed.cancelled_by_vendor_orders, 0) as cancelled_by_vendor_orders,
    coalesce(placed.defective_orders, 0) as defective_orders,
    coalesce(due.due_orders, 0) as due_orders,
    coalesce(due.shipped_late_orders, 0) as shipped_late_orders,
    coalesce(due.unshipped_orders, 0) as unshipped_orders,
    coalesce(promised.promised_orders, 0) as promised_orders,
    coalesce(promised.on_time_orders, 0) as on_time_orders
from placed
full outer join due using (vendor_id, service_date)
full outer join promised using (vendor_id, service_date)
order by vendor_id, service_date
