-- one row per SKU that this vendor offers already, its stock locked; leading_sku is the vendor's oldest offer of
-- the product, is_shared whether another vendor offers it too
with wanted as materialized (
    select offer_id, product_id, sku
    from offers
    where vendor_id = %(vendor_id)s and sku = any(%(skus)s)
),

sellers as (
    select
        offers.product_id,
        (array_agg(offers.sku order by offers.offer_id) filter (where offers.vendor_id = %(vendor_id)s))[1]
            as leading_sku,
        bool_or(offers.vendor_id <> %(vendor_id)s) as is_shared
    from offers
    where offers.product_id in (select product_id from wanted)
    group by offers.product_id
),

images as (
    select product_id, array_agg(url) as image_urls
    from product_images
    where product_id in (select product_id from wanted)
    group by product_id
)

select
    wanted.sku,
    wanted.offer_id,
    wanted.product_id,
    variants.name as variant,
    offers.price_cents,
    offers.status,
    stock.available_units,
    stock.low_stock_threshold,
    products.title,
    products.category_id,
    products.brand,
    products.weight_grams,
    sellers.leading_sku,
    sellers.is_shared,
    coalesce(images.image_urls, '{}') as image_urls
from wanted
join offers using (offer_id)
join stock using (offer_id)
join products on products.product_id = wanted.product_id
join sellers on sellers.product_id = wanted.product_id
left join variants on variants.variant_id = offers.variant_id
left join images on images.product_id = wanted.product_id
order by wanted.offer_id
for no key update of stock
