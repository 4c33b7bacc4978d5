-- one row: all that carts are priced by besides the offers, as of one moment; what ended before it stays out.
-- None for a tenant, who sees only a part: rules are kept for everybody's carts.
select
    jsonb_build_object(
        'version', market_rules.version,
        'time_zone', (select time_zone from installation),
        'categories', (
            select coalesce(jsonb_agg(jsonb_build_array(category_id, parent_id)), '[]') from categories
        ),
        'commission', (
            select coalesce(jsonb_agg(to_jsonb(commission_rules)), '[]')
            from commission_rules
            where valid_until is null or valid_until > %(now)s
        ),
        'taxes', (
            select coalesce(jsonb_agg(to_jsonb(tax_rates)), '[]')
            from tax_rates
            where valid_until_date is null or valid_until_date >= %(now)s::date
        ),
        'commission_taxes', (
            select coalesce(jsonb_agg(to_jsonb(commission_tax_rates)), '[]')
            from commission_tax_rates
            where valid_until_date is null or valid_until_date >= %(now)s::date
        ),
        'promotions', (
            select coalesce(jsonb_agg(to_jsonb(promotions)), '[]') from promotions where ends_at > %(now)s
        ),
        'zones', (
            select
                coalesce(
                    jsonb_agg(
                        to_jsonb(shipping_zones)
                        || jsonb_build_object(
                            'steps', (
                                select coalesce(jsonb_agg(to_jsonb(shipping_rates) order by up_to_grams), '[]')
                                from shipping_rates
                                where shipping_rates.shipping_zone_id = shipping_zones.shipping_zone_id
                            )
                        )
                    ), '[]'
                )
            from shipping_zones
            where valid_until is null or valid_until > %(now)s
        )
    )::text as rules
from market_rules
where current_user not in ('rynek_vendor', 'rynek_shopper')
