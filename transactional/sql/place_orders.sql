-- one row: how many answers were kept, of a batch of costed orders written in one statement, each with its vendor
-- orders, lines, hold and facts, its audit row and its answer for whoever repeats the request.
-- A key that was answered already stays as it is, and is not counted. One without an answer belongs to a twin that
-- was cut off: this answer is then its own. Keys come in their order, so that no two batches deadlock.
with new_orders as (
    insert into orders (
        order_id, shopper_id, shopper_pseudonym, status, items_cents, shipping_cents, total_cents,
        discount_cents, tax_cents, ship_to_country, ship_to, placed_at
    )
    select
        new.order_id,
        new.shopper_id,
        new.shopper_pseudonym,
        'pending_payment',
        new.items_cents,
        new.shipping_cents,
        new.items_cents + new.shipping_cents,
        new.discount_cents,
        new.tax_cents,
        new.ship_to ->> 'country',
        nullif((new.ship_to -> 'address')::jsonb, 'null'),
        new.placed_at
    from rows from (
        unnest(
            %(order_order_id)s::bigint[], %(order_shopper_id)s::bigint[], %(order_shopper_pseudonym)s::bigint[],
            %(order_items_cents)s::bigint[], %(order_shipping_cents)s::bigint[], %(order_discount_cents)s::bigint[],
            %(order_tax_cents)s::bigint[], %(order_placed_at)s::timestamptz[]
        ),
        json_array_elements(%(ship_to)s::json)
    ) as new (
        order_id, shopper_id, shopper_pseudonym, items_cents, shipping_cents, discount_cents, tax_cents, placed_at,
        ship_to
    )
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
    from unnest(
        %(part_vendor_order_id)s::bigint[], %(part_order_id)s::bigint[], %(part_vendor_id)s::bigint[],
        %(part_items_cents)s::bigint[], %(part_shipping_cents)s::bigint[], %(part_discount_cents)s::bigint[],
        %(part_tax_cents)s::bigint[], %(part_withheld_tax_cents)s::bigint[], %(part_commission_cents)s::bigint[],
        %(part_commission_tax_cents)s::bigint[], %(part_processing_cents)s::bigint[], %(part_net_cents)s::bigint[],
        %(part_units)s::bigint[], %(part_weight_grams)s::bigint[], %(part_deliver_by_date)s::date[]
    ) as new (
        vendor_order_id, order_id, vendor_id, items_cents, shipping_cents, discount_cents, tax_cents,
        withheld_tax_cents, commission_cents, commission_tax_cents, processing_cents, net_cents, units,
        weight_grams, deliver_by_date
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
    from unnest(
        %(line_line_id)s::bigint[], %(line_order_id)s::bigint[], %(line_vendor_order_id)s::bigint[],
        %(line_vendor_id)s::bigint[], %(line_offer_id)s::bigint[], %(line_product_id)s::bigint[],
        %(line_variant_id)s::bigint[], %(line_quantity)s::bigint[], %(line_line_cents)s::bigint[],
        %(line_shipping_cents)s::bigint[], %(line_discount_cents)s::bigint[], %(line_promotion_id)s::bigint[],
        %(line_tax_rate)s::integer[], %(line_tax_cents)s::bigint[], %(line_withheld_tax_cents)s::bigint[],
        %(line_commission_rule_id)s::bigint[], %(line_commission_basis)s::text[], %(line_commission_rate)s::integer[],
        %(line_commission_cents)s::bigint[], %(line_commission_tax_rate)s::integer[],
        %(line_commission_tax_cents)s::bigint[], %(line_processing_rate)s::integer[],
        %(line_processing_cents)s::bigint[]
    ) as new (
        line_id, order_id, vendor_order_id, vendor_id, offer_id, product_id, variant_id, quantity, line_cents,
        shipping_cents, discount_cents, promotion_id, tax_rate, tax_cents, withheld_tax_cents, commission_rule_id,
        commission_basis, commission_rate, commission_cents, commission_tax_rate, commission_tax_cents,
        processing_rate, processing_cents
    )
    join new_orders using (order_id)
),

new_holds as (
    insert into holds (order_id, status, expires_at, created_at)
    select order_id, 'active', %(hold_expires_at)s, placed_at from new_orders
),

new_facts as (
    insert into outbox (type, key, version, occurred_at, payload)
    select 'vendor_order.changed', 'vor_' || fact.vendor_order_id, 1, %(now)s, fact.payload
    from rows from (
        unnest(%(part_vendor_order_id)s::bigint[]),
        json_array_elements(%(facts)s::json)
    ) as fact (vendor_order_id, payload)
),

answered as materialized (
    select * from unnest(
        %(answered_principal)s::text[], %(answered_key)b::text[], %(answered_request_hash)b::bytea[],
        %(answered_body)b::text[], %(answered_subject)s::text[], %(answered_request_id)s::text[]
    ) as answered (principal, key, request_hash, body, subject, request_id)
),

new_audit as (
    insert into audit (occurred_at, role, principal, action, subject, request_id)
    select %(now)s, 'shopper', principal, %(action)s, subject, request_id from answered
),

new_answers as (
    insert into idempotency_keys (principal, key, request_hash, status_code, body)
    select principal, key, request_hash, 201, body
    from answered
    order by principal, key
    on conflict (principal, key) do update
    set status_code = excluded.status_code, body = excluded.body
    where
        idempotency_keys.status_code is null
        and idempotency_keys.request_hash = excluded.request_hash
    returning key
)

select count(*) as kept from new_answers
