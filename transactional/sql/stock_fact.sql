-- one fact: an offer's available units and threshold as the writing transaction sees them
insert into outbox (type, key, version, occurred_at, payload)
select
    'stock.changed',
    'off_' || stock.offer_id,
    stock.version,
    %(now)s,
    jsonb_build_object(
        'offer_id', stock.offer_id,
        'product_id', offers.product_id,
        'vendor_id', offers.vendor_id,
        'available_units', stock.available_units,
        'low_stock_threshold', stock.low_stock_threshold
    )
from stock
join offers using (offer_id)
where stock.offer_id = %(offer_id)s
