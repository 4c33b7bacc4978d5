-- one row per event that is new; its product and vendor are filled in from its offer
with sent as (
    select distinct on (event_id) *
    from jsonb_to_recordset(%(events)s) as event (
        event_id uuid, occurred_at timestamptz, type text, shopper_pseudonym bigint, session_id text,
        product_id bigint, offer_id bigint, list_id text, rank integer, query text
    )
    order by event_id, occurred_at
),

new_events as (
    select sent.*, offers.vendor_id, offers.product_id as offered_product_id
    from sent
    left join offers using (offer_id)
    where not exists (select from behaviour_events where behaviour_events.event_id = sent.event_id)
)

insert into behaviour_events (
    event_id, occurred_at, type, shopper_pseudonym, session_id, product_id, offer_id, vendor_id, list_id,
    rank, query
)
select
    event_id, occurred_at, type, shopper_pseudonym, session_id, coalesce(offered_product_id, product_id),
    offer_id, vendor_id, list_id, rank, query
from new_events
order by occurred_at, event_id
on conflict do nothing
returning
    event_id, occurred_at, recorded_at, type, shopper_pseudonym, session_id, product_id, offer_id,
    vendor_id, list_id, rank, query, source
