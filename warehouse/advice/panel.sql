-- grain: one listing, week and price, where the price changed: sales to new buyers and open days
with recursive prices as (
    select
        offer_id,
        price_cents,
        from_at at time zone $time_zone as from_time,
        coalesce(until_at at time zone $time_zone, timestamp '9999-01-01') as until_time
    from staging.offer_prices
),

changed as (
    select offer_id
    from prices
    where
        until_time > cast($first as timestamp)
        and from_time < cast($last as timestamp) + interval 1 day
    group by offer_id
    having count(distinct price_cents) > 1
),

purchases as (
    select offer_id, order_date
    from marts.order_lines
    semi join changed using (offer_id)
    where is_counted and quantity > 0
    qualify row_number() over (
        partition by offer_id, shopper_pseudonym order by placed_at, line_id
    ) = 1
),

buyers as (
    select offer_id, order_date, count(*) as units
    from purchases
    where order_date between $first and $last
    group by offer_id, order_date
),

calendar as (
    select cast(unnest(generate_series($first, $last, interval 1 day)) as date) as order_date
),

-- A day on which the price changed has no price of its own.
days as (
    select prices.offer_id, calendar.order_date, prices.price_cents
    from prices
    semi join changed using (offer_id)
    inner join calendar
        on prices.from_time <= cast(calendar.order_date as timestamp)
        and prices.until_time >= cast(calendar.order_date as timestamp) + interval 1 day
),

outs as (
    select
        days.offer_id,
        days.order_date,
        sum(
            epoch(
                least(
                    coalesce(spells.ended_at at time zone $time_zone, timestamp '9999-01-01'),
                    cast(days.order_date as timestamp) + interval 1 day
                ) - greatest(
                    spells.began_at at time zone $time_zone, cast(days.order_date as timestamp)
                )
            )
        ) / 86400 as closed_share
    from days
    inner join marts.stock_outs as spells
        on spells.offer_id = days.offer_id
        and spells.began_at at time zone $time_zone
        < cast(days.order_date as timestamp) + interval 1 day
        and coalesce(spells.ended_at at time zone $time_zone, timestamp '9999-01-01')
        > cast(days.order_date as timestamp)
    group by days.offer_id, days.order_date
),

-- A promotion of a category reaches what lies below it too.
reached as (
    select category_id, category_id as promoted_category_id from source.categories
    union all
    select categories.category_id, reached.promoted_category_id
    from source.categories
    inner join reached on categories.parent_id = reached.category_id
),

promoted as (
    select distinct offers.offer_id, days.order_date
    from days
    inner join source.offers using (offer_id)
    inner join source.products using (product_id)
    inner join staging.promotions
        on promotions.vendor_id = offers.vendor_id
        and coalesce(promotions.product_id, offers.product_id) = offers.product_id
        and days.order_date between promotions.first_date and promotions.last_date
    left join reached
        on reached.category_id = products.category_id
        and reached.promoted_category_id = promotions.category_id
    where promotions.category_id is null or reached.category_id is not null
)

select
    days.offer_id,
    date_diff('day', $first, days.order_date) // 7 as week,
    days.price_cents,
    cast(coalesce(sum(buyers.units), 0) as bigint) as units,
    sum(greatest(1 - coalesce(outs.closed_share, 0), if(buyers.units > 0, 0.05, 0))) as days
from days
left join buyers using (offer_id, order_date)
left join outs using (offer_id, order_date)
anti join promoted using (offer_id, order_date)
group by days.offer_id, week, days.price_cents
having sum(greatest(1 - coalesce(outs.closed_share, 0), if(buyers.units > 0, 0.05, 0))) > 0
order by days.offer_id, week, days.price_cents
