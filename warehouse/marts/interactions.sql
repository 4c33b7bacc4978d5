-- grain: one behaviour event or one purchased line; published as one Parquet file per month
-- stored: no
with events as (
    select
        shopper_pseudonym,
        product_id,
        offer_id,
        vendor_id,
        type,
        occurred_at,
        cast(null as bigint) as quantity,
        list_id,
        rank,
        session_id
    from marts.events
),

purchases as (
    select
        shopper_pseudonym,
        product_id,
        offer_id,
        vendor_id,
        'purchase' as type,
        placed_at as occurred_at,
        quantity,
        cast(null as varchar) as list_id,
        cast(null as integer) as rank,
        cast(null as varchar) as session_id
    from marts.order_lines
    where is_counted and quantity > 0
),

final as (
    select * from events
    union all
    select * from purchases
)

select * from final
