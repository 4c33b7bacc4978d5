-- one fact per offer whose threshold of low stock is set
with wished as (
    select * from unnest(%(offer_ids)s::bigint[], %(thresholds)s::bigint[]) as wish (offer_id, threshold)
),

changed as (
    update stock set low_stock_threshold = wished.threshold, version = stock.version + 1
    from wished
    where stock.offer_id = wished.offer_id
    returning stock.offer_id, stock.version, stock.available_units, stock.low_stock_threshold
)

insert into outbox (type, key, version, occurred_at, payload)
select
    'stock.changed',
    'off_' || changed.offer_id,
    changed.version,
    %(now)s,
    jsonb_build_object(
        'offer_id', changed.offer_id,
        'product_id', offers.product_id,
        'vendor_id', offers.vendor_id,
        'available_units', changed.available_units,
        'low_stock_threshold', changed.low_stock_threshold
    )
from changed
join offers using (offer_id)
order by changed.offer_id
