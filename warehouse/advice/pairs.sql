-- grain: one vendor's product and another of its own that is bought along with it
with offers as (
    select
        vendor_id,
        product_id,
        min(offer_id) as offer_id,
        any_value(title) as title,
        min(price_cents) as price_cents
    from marts.offers
    where offer_status = 'active'
    group by vendor_id, product_id
),

recent as (
    select vendor_id, product_id, cast(sum(orders) as bigint) as month_orders
    from marts.product_daily
    where order_date between cast($last as date) - 27 and $last
    group by vendor_id, product_id
)

select
    ours.vendor_id,
    ours.offer_id,
    ours.product_id,
    ours.title,
    other.title as other_title,
    other.price_cents,
    affinity.both_orders,
    affinity.product_orders,
    affinity.lift,
    coalesce(recent.month_orders, 0) as month_orders
from marts.affinity
inner join offers as ours using (product_id)
inner join offers as other
    on other.product_id = affinity.other_product_id
    and other.vendor_id = ours.vendor_id
left join recent on recent.vendor_id = ours.vendor_id and recent.product_id = ours.product_id
-- Each pair once, told of the product that is bought more.
where
    (affinity.product_orders, affinity.product_id)
    > (affinity.other_orders, affinity.other_product_id)
