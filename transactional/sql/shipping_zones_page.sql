-- one row per shipping zone, by key, with its steps of weight
select
    shipping_zones.shipping_zone_id,
    shipping_zones.vendor_id,
    shipping_zones.name,
    shipping_zones.countries::text[] as countries,
    shipping_zones.valid_until,
    (
        select
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'up_to_grams', shipping_rates.up_to_grams,
                        'fee_cents', shipping_rates.fee_cents,
                        'transit_days', shipping_rates.transit_days
                    ) order by shipping_rates.up_to_grams
                ), '[]'
            )
        from shipping_rates
        where shipping_rates.shipping_zone_id = shipping_zones.shipping_zone_id
    ) as steps
from shipping_zones
where
    shipping_zones.shipping_zone_id > %(after)s
    and (
        %(vendor_id)s::bigint is null
        or shipping_zones.vendor_id is null
        or shipping_zones.vendor_id = %(vendor_id)s
    )
order by shipping_zones.shipping_zone_id
limit %(limit)s
