-- one row per vendor order of an erased shopper: who it was for is gone, what the books need stays
with rekeyed_orders as (
    update orders
    set shopper_pseudonym = %(new_pseudonym)s, ship_to = null, version = version + 1
    where shopper_id = %(shopper_id)s
    returning order_id
),

rekeyed_adjustments as (
    update adjustments set shopper_pseudonym = %(new_pseudonym)s where shopper_pseudonym = %(pseudonym)s
),

rekeyed_reviews as (
    update reviews set shopper_pseudonym = %(new_pseudonym)s, text = null
    from order_lines
    where reviews.line_id = order_lines.line_id
        and order_lines.order_id in (select order_id from rekeyed_orders)
),

cleared_disputes as (
    update disputes set evidence_text = null
    where order_id in (select order_id from rekeyed_orders) and status in ('won', 'lost')
)

update vendor_orders
set shopper_pseudonym = %(new_pseudonym)s, version = version + 1
where order_id in (select order_id from rekeyed_orders)
returning vendor_order_id
