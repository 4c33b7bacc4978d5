-- What the daily marts would say of the market's vendor orders; visits, service and stock are made up,
-- the same on the day before each day with an order, so that they can be added up in one's head.
create table funnel_daily as
select
    vendor_id, order_date - 1 as session_date,
    40::bigint as sessions, 40::bigint as impression_sessions, 20::bigint as click_sessions,
    16::bigint as view_sessions, 4::bigint as cart_sessions, 1::bigint as order_sessions
from vendor_orders group by all;

create table service_daily as
select
    vendor_id, order_date - 1 as service_date,
    10::bigint as paid_orders, 1::bigint as cancelled_by_vendor_orders, 0::bigint as defective_orders,
    10::bigint as due_orders, 1::bigint as shipped_late_orders, 0::bigint as unshipped_orders,
    10::bigint as promised_orders, 9::bigint as on_time_orders
from vendor_orders group by all;

create table vendor_daily as
select vendor_id, order_date, count(*) as orders, 0::bigint as repeat_orders
from vendor_orders where is_counted group by all;

create table operator_daily as
select
    order_date,
    100::bigint as sessions, 50::bigint as viewing_sessions, 10::bigint as carting_sessions,
    count(*) as ordering_sessions, 9::bigint as succeeded_payments, 10::bigint as ended_payments
from vendor_orders group by all;

create table list_daily as
select
    order_date as event_date, 20::bigint as searches, 10::bigint as clicked_searches,
    1::bigint as unanswered_searches, 50::bigint as recommendations,
    5::bigint as clicked_recommendations
from vendor_orders group by all;

create table search_terms as
select * from (values ('tea', 12, 6, 9, 3, 0), ('mug', 5, 5, 0, 0, 4))
as t (term, searches, shoppers, clicked_searches, carted_searches, unanswered_searches);

create table stock_levels as
select
    vendor_id, date '2026-01-01' as from_date, null::date as until_date,
    count(*) as listed_offers, 1::bigint as out_offers, sum(available_units)::bigint as available_units
from offers group by all;

create table lost_sales as
select vendor_id, order_date as sale_date, 0.5 as lost_units, 250.0 as lost_cents
from vendor_orders group by all;

create table refunds (
    vendor_id bigint, sale_date date, refund_date date, quantity bigint, items_cents bigint,
    is_booked boolean);

create table affinity as
select
    1::bigint as product_id, 2::bigint as other_product_id, 3::bigint as both_orders,
    4::bigint as product_orders, 5::bigint as other_orders, 20::bigint as total_orders,
    0.15 as support, 0.75 as confidence, 3.0 as lift
union all
select 2, 1, 3, 5, 4, 20, 0.15, 0.6, 3.0;
