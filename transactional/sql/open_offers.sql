-- one fact per new offer, with its stock and the first row of its journal
with wished as (
    select * from unnest(
        %(offer_ids)s::bigint[], %(product_ids)s::bigint[], %(variants)s::text[], %(skus)s::text[],
        %(prices)s::bigint[], %(statuses)s::text[], %(units)s::bigint[], %(thresholds)s::bigint[]
    ) as wish (offer_id, product_id, variant, sku, price_cents, status, units, threshold)
),

opened as (
    insert into offers (offer_id, product_id, variant_id, vendor_id, sku, price_cents, status)
    select
        wished.offer_id,
        wished.product_id,
        variants.variant_id,
        %(vendor_id)s,
        wished.sku,
        wished.price_cents,
        wished.status
    from wished
    left join variants on variants.product_id = wished.product_id and variants.name = wished.variant
    returning offer_id, product_id, vendor_id, price_cents, status, version
),

stocked as (
    insert into stock (offer_id, received_units, available_units, low_stock_threshold)
    select offer_id, units, units, threshold from wished
),

journal as (
    insert into stock_moves (offer_id, kind, available_units, held_units, sold_units, occurred_at)
    select offer_id, 'opened', units, 0, 0, %(now)s from wished order by offer_id
)

insert into outbox (type, key, version, occurred_at, payload)
select
    'offer.changed',
    'off_' || offer_id,
    version,
    %(now)s,
    jsonb_build_object(
        'offer_id', offer_id,
        'product_id', product_id,
        'vendor_id', vendor_id,
        'price_cents', price_cents,
        'status', status
    )
from opened
order by offer_id
