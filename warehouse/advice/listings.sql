-- grain: one listing on sale, with the day from which it could be bought
select
    offers.offer_id,
    offers.product_id,
    offers.vendor_id,
    offers.title,
    coalesce(offers.category, '') as category,
    offers.price_cents,
    offers.available_units,
    date_diff(
        'day', $first, cast(opened.created_at at time zone $time_zone as date)
    ) as opening_day
from marts.offers
inner join source.offers as opened using (offer_id)
where offers.offer_status = 'active' and offers.vendor_status = 'active'
order by category, offers.offer_id
