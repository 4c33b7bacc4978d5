-- one fact per offer: its price and status as the writing transaction sees them
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
from offers
where offer_id = any(%(offer_ids)s)
order by offer_id
