-- one row per offer that exists: what a cart is priced by, what is free of it, and the version of the market's rules
select
    offers.offer_id,
    offers.product_id,
    offers.variant_id,
    offers.vendor_id,
    products.category_id,
    offers.price_cents,
    coalesce(variants.weight_grams, products.weight_grams) as weight_grams,
    offers.status = 'active' and vendors.status = 'active' as is_for_sale,
    vendors.country as vendor_country,
    vendors.ships_within_days,
    vendors.open_weekdays::text as open_weekdays,
    array(
        select vendor_closures.first_date || '/' || vendor_closures.last_date
        from vendor_closures
        where vendor_closures.vendor_id = offers.vendor_id
        and vendor_closures.last_date >= current_date - 1
        order by vendor_closures.first_date
    )::text as closures,
    market_rules.version as rules_version,
    offers.sku,
    products.title,
    coalesce(stock.available_units, 0) as available_units
from offers
join products using (product_id)
join vendors using (vendor_id)
left join variants using (variant_id)
left join stock using (offer_id)
cross join market_rules
where offers.offer_id = any(%(offer_ids)s::bigint[])
