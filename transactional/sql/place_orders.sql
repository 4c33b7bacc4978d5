-- a batch of costed orders with their vendor orders, lines and holds, in one statement
with new_orders as (
    insert into orders (
        order_id, shopper_id, shopper_pseudonym, status, items_cents, shipping_cents, total_cents,
        discount_cents, tax_cents, ship_to_country, ship_to, placed_at
    )
    select
        new.order_id,
        new.shopper_id,
        shoppers.shopper_pseudonym,
        'pending_payment',
        new.items_cents,
        new.shipping_cents,
        new.items_cents + new.shipping_cents,
        new.discount_cents,
        new.tax_cents,
        new.ship_to_country,
        new.ship_to,
        new.placed_at
    from jsonb_to_recordset(%(orders)s) as new (
        order_id bigint, shopper_id bigint, items_cents bigint, shipping_cents bigint, discount_cents bigint,
        tax_cents bigint, ship_to_country text, ship_to jsonb, placed_at timestamptz
    )
    join shoppers using (shopper_id)
    returning order_id, shopper_pseudonym, placed_at
),

new_vendor_orders as (
    insert into vendor_orders (
        vendor_order_id, order_id, vendor_id, shopper_pseudonym, status, items_cents, shipping_cents,
        discount_cents, tax_cents, withheld_tax_cents, commission_cents, commission_tax_cents, processing_cents,
        net_cents, units, weight_grams, deliver_by_date, placed_at
    )
    select
        new.vendor_order_id,
        new.order_id,
        new.vendor_id,
        new_orders.shopper_pseudonym,
        'pending_payment',
        new.items_cents,
        new.shipping_cents,
        new.discount_cents,
        new.tax_cents,
        new.withheld_tax_cents,
        new.commission_cents,
        new.commission_tax_cents,
        new.processing_cents,
        new.net_cents,
        new.units,
        new.weight_grams,
        new.deliver_by_date,
        new_orders.placed_at
    from jsonb_to_recordset(%(vendor_orders)s) as new (
        vendor_order_id bigint, order_id bigint, vendor_id bigint, items_cents bigint, shipping_cents bigint,
        discount_cents bigint, tax_cents bigint, withheld_tax_cents bigint, commission_cents bigint,
        commission_tax_cents bigint, processing_cents bigint, net_cents bigint, units bigint, weight_grams bigint,
        deliver_by_date date
    )
    join new_orders using (order_id)
),

new_lines as (
    insert into order_lines (
        line_id, order_id, vendor_order_id, vendor_id, offer_id, product_id, variant_id, quantity, line_cents,
        shipping_cents, discount_cents, promotion_id, tax_rate, tax_cents, withheld_tax_cents, commission_rule_id,
        commission_basis, commission_rate, commission_cents, commission_tax_rate, commission_tax_cents,
        processing_rate, processing_cents, placed_at
    )
    select
        new.line_id,
        new.order_id,
        new.vendor_order_id,
        new.vendor_id,
        new.offer_id,
        new.product_id,
        new.variant_id,
        new.quantity,
        new.line_cents,
        new.shipping_cents,
        new.discount_cents,
        new.promotion_id,
        new.tax_rate,
        new.tax_cents,
        new.withheld_tax_cents,
        new.commission_rule_id,
        new.commission_basis,
        new.commission_rate,
        new.commission_cents,
        new.commission_tax_rate,
        new.commission_tax_cents,
        new.processing_rate,
        new.processing_cents,
        new_orders.placed_at
    from jsonb_to_recordset(%(lines)s) as new (
        line_id bigint, order_id bigint, vendor_order_id bigint, vendor_id bigint, offer_id bigint, product_id bigint,
        variant_id bigint, quantity bigint, line_cents bigint, shipping_cents bigint, discount_cents bigint,
        promotion_id bigint, tax_rate integer, tax_cents bigint, withheld_tax_cents bigint,
        commission_rule_id bigint, commission_basis text, commission_rate integer, commission_cents bigint,
        commission_tax_rate integer, commission_tax_cents bigint, processing_rate integer,
        processing_cents bigint
    )
    join new_orders using (order_id)
    returning order_id, offer_id, quantity
),

new_holds as (
    insert into holds (order_id, status, expires_at, created_at)
    select order_id, 'active', %(hold_expires_at)s, placed_at from new_orders
    returning hold_id, order_id
)

insert into hold_lines (hold_id, offer_id, quantity)
select new_holds.hold_id, new_lines.offer_id, sum(new_lines.quantity)
from new_lines
join new_holds using (order_id)
group by new_holds.hold_id, new_lines.offer_id
