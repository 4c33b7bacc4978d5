-- one row of nothing: a batch of costed orders is written in one statement, each with its vendor orders, lines, hold
-- and facts, its audit row and its answer for whoever repeats the request.
-- A key that was answered already refuses the batch. One without an answer belongs to a twin that was cut off: this
-- answer is then its own. Keys come in their order, so that no two batches deadlock.
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
        new.ship_to_country,
        new.ship_to::jsonb,
        new.placed_at
    from rows from (unnest(%(orders)s::new_order[]), unnest(%(ship_to)b::text[])) as new (
        order_id, shopper_id, shopper_pseudonym, items_cents, shipping_cents, discount_cents, tax_cents,
        ship_to_country, placed_at, ship_to
    )
    returning order_id, placed_at
),

new_vendor_orders as (
    insert into vendor_orders (
        vendor_order_id, order_id, vendor_id, shopper_pseudonym, status, items_cents, shipping_cents,
        discount_cents, tax_cents, withheld_tax_cents, commission_cents, commission_tax_cents, processing_cents,
        net_cents, units, weight_grams, deliver_by_date, placed_at
    )
    select
        vendor_order_id, order_id, vendor_id, shopper_pseudonym, 'pending_payment', items_cents, shipping_cents,
        discount_cents, tax_cents, withheld_tax_cents, commission_cents, commission_tax_cents, processing_cents,
        net_cents, units, weight_grams, deliver_by_date, placed_at
    from unnest(%(vendor_orders)s::new_vendor_order[])
),

new_lines as (
    insert into order_lines (
        line_id, order_id, vendor_order_id, vendor_id, offer_id, product_id, variant_id, quantity, line_cents,
        shipping_cents, discount_cents, promotion_id, tax_rate, tax_cents, withheld_tax_cents, commission_rule_id,
        commission_basis, commission_rate, commission_cents, commission_tax_rate, commission_tax_cents,
        processing_rate, processing_cents, placed_at
    )
    select
        line_id, order_id, vendor_order_id, vendor_id, offer_id, product_id, variant_id, quantity, line_cents,
        shipping_cents, discount_cents, promotion_id, tax_rate, tax_cents, withheld_tax_cents, commission_rule_id,
        commission_basis, commission_rate, commission_cents, commission_tax_rate, commission_tax_cents,
        processing_rate, processing_cents, placed_at
    from unnest(%(lines)s::new_line[])
),

new_holds as (
    insert into holds (order_id, status, expires_at, created_at)
    select order_id, 'active', %(hold_expires_at)s, placed_at from new_orders
),

new_facts as (
    insert into outbox (type, key, version, occurred_at, payload)
    select 'vendor_order.changed', 'vor_' || vendor_order_id, 1, %(now)s, payload::json
    from unnest(%(vendor_order_ids)s::bigint[], %(facts)b::text[]) as fact (vendor_order_id, payload)
),

answered as materialized (
    select *
    from rows from (
        unnest(%(answers)s::new_answer[]), unnest(%(answer_keys)b::text[]), unnest(%(answer_bodies)b::text[])
    ) as answered (principal, request_hash, subject, request_id, key, body)
),

new_audit as (
    insert into audit (occurred_at, role, principal, action, subject, request_id)
    select %(now)s, 'shopper', principal, %(action)s, subject, request_id from answered
),

new_answers as (
    insert into idempotency_keys (principal, key, request_hash, status_code, body)
    select principal, key, decode(request_hash, 'hex'), 201, body
    from answered
    order by principal, key
    on conflict (principal, key) do update
    set status_code = excluded.status_code, body = excluded.body
    where
        idempotency_keys.status_code is null
        and idempotency_keys.request_hash = excluded.request_hash
    returning key
)

select refuse_twins(%(answered)s - count(*)) from new_answers
