-- one row per offer for sale of each product, its cheapest first, with its units and its vendor's last 30 days
with for_sale as (
    select
        offers.offer_id,
        offers.product_id,
        offers.variant_id,
        offers.vendor_id,
        offers.price_cents,
        offers.sku,
        vendors.country as vendor_country,
        vendors.ships_within_days,
        vendors.open_weekdays,
        row_number() over (
            partition by offers.product_id, offers.variant_id order by offers.price_cents, offers.offer_id
        ) as place
    from offers
    join vendors using (vendor_id)
    where offers.product_id = any(%(product_ids)s) and offers.status = 'active' and vendors.status = 'active'
),

cheapest as (
    select * from for_sale where place <= %(most_offers)s
),

records as (
    select
        vendor_id,
        count(*) as orders,
        count(*) filter (where status <> 'cancelled' and ship_by_at < coalesce(shipped_at, %(now)s)) as late_orders,
        count(*) filter (where cancel_reason in ('vendor', 'not_shipped')) as cancelled_orders
    from vendor_orders
    where
        vendor_id in (select vendor_id from cheapest)
        and placed_at >= %(now)s - interval '30 days'
        and paid_at is not null
    group by vendor_id
)

select
    cheapest.offer_id,
    cheapest.product_id,
    cheapest.variant_id,
    cheapest.vendor_id,
    products.category_id,
    cheapest.price_cents,
    coalesce(variants.weight_grams, products.weight_grams) as weight_grams,
    true as is_for_sale,
    cheapest.vendor_country,
    cheapest.ships_within_days,
    cheapest.open_weekdays::text as open_weekdays,
    array(
        select vendor_closures.first_date || '/' || vendor_closures.last_date
        from vendor_closures
        where vendor_closures.vendor_id = cheapest.vendor_id
        and vendor_closures.last_date >= current_date - 1
        order by vendor_closures.first_date
    )::text as closures,
    market_rules.version as rules_version,
    cheapest.sku,
    products.title,
    stock.available_units,
    coalesce(records.orders, 0) as orders,
    coalesce(records.late_orders, 0) as late_orders,
    coalesce(records.cancelled_orders, 0) as cancelled_orders
from cheapest
join products using (product_id)
join stock using (offer_id)
left join variants using (variant_id)
left join records using (vendor_id)
cross join market_rules
order by cheapest.product_id, cheapest.offer_id
