-- one row per offer: what it is called
select
    offers.offer_id as key,
    offers.sku,
    products.title
from offers
join products using (product_id)
where offers.offer_id = any(%(keys)s)
