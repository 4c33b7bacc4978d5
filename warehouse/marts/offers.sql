-- grain: one offer, with its product, its vendor's state and its stock
-- key: offer_id
-- window: offer_id
select
    offers.offer_id,
    offers.product_id,
    offers.vendor_id,
    offers.sku,
    products.title,
    products.brand,
    categories.name as category,
    products.image_url,
    offers.price_cents,
    offers.status as offer_status,
    vendors.status as vendor_status,
    coalesce(stock.available_units, 0) as available_units,
    coalesce(stock.low_stock_threshold, 0) as low_stock_threshold,
    coalesce(stock.version, 0) as stock_version,
    offers.version as offer_version
from source.offers
inner join source.products using (product_id)
inner join source.vendors using (vendor_id)
left join source.categories using (category_id)
left join source.stock using (offer_id)
order by offers.vendor_id, offers.offer_id
