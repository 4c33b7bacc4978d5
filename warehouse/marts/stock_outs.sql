-- grain: one spell in which an offer had no unit to sell; one without an end still lasts
-- key: offer_id, began_at
-- window: offer_id
with levels as (
    select
        offer_id,
        product_id,
        vendor_id,
        occurred_at,
        stock_move_id,
        sum(available_units) over (
            partition by offer_id order by stock_move_id
            rows between unbounded preceding and current row
        ) <= 0 as is_out
    from staging.stock_moves
),

turns as (
    select *
    from levels
    qualify is_out is distinct from lag(is_out) over (partition by offer_id order by stock_move_id)
),

spells as (
    select
        *,
        lead(occurred_at) over (partition by offer_id order by stock_move_id) as ended_at
    from turns
)

select
    offer_id,
    product_id,
    vendor_id,
    occurred_at as began_at,
    max(ended_at) as ended_at
from spells
where is_out
group by offer_id, product_id, vendor_id, occurred_at
order by vendor_id, offer_id, began_at
