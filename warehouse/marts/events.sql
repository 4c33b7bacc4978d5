-- grain: one behaviour event, told of the shopper that its visitor turned out to be
-- key: event_id
-- window: event_id
-- fixed: source.offers
select
    event_id,
    event_date,
    occurred_at,
    type,
    shopper_pseudonym,
    product_id,
    offer_id,
    vendor_id,
    session_id,
    list_id,
    rank,
    query
from staging.behaviour
order by event_date, shopper_pseudonym, occurred_at
