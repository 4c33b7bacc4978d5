-- grain: one moment from which a product's lowest price was another; only of products whose prices ever changed
-- key: product_id, from_at
-- cadence: day
with priced as (
    select
        offers.product_id,
        prices.price_cents,
        prices.from_at,
        prices.until_at
    from staging.offer_prices as prices
    inner join marts.offers using (offer_id)
),

changed as (
    select * from priced
    where product_id in (select product_id from priced where until_at is not null)
),

moments as (
    select distinct product_id, from_at from changed
),

lowest as (
    select
        moments.product_id,
        moments.from_at,
        min(changed.price_cents) as price_cents
    from moments
    inner join changed
        on
            changed.product_id = moments.product_id
            and changed.from_at <= moments.from_at
            and (changed.until_at is null or changed.until_at > moments.from_at)
    group by moments.product_id, moments.from_at
)

select * from lowest
qualify price_cents is distinct from lag(price_cents) over (
    partition by product_id order by from_at
)
order by product_id, from_at
