-- grain: one behaviour event, told of the shopper a visitor turned out to be and of the offer's vendor
with installation as (
    select * from staging.installation
),

merged as (
    select visitor_pseudonym, merged_into_pseudonym
    from source.visitors
    where merged_into_pseudonym is not null
)

select
    events.event_id,
    events.shopper_pseudonym as visitor_pseudonym,
    coalesce(merged.merged_into_pseudonym, events.shopper_pseudonym) as shopper_pseudonym,
    coalesce(events.product_id, offers.product_id) as product_id,
    events.offer_id,
    coalesce(events.vendor_id, offers.vendor_id) as vendor_id,
    events.type,
    events.occurred_at,
    cast(events.occurred_at at time zone installation.time_zone as date) as event_date,
    events.list_id,
    events.rank,
    events.session_id,
    events.query
from source.behaviour_events as events
cross join installation
left join merged on merged.visitor_pseudonym = events.shopper_pseudonym
left join source.offers on offers.offer_id = events.offer_id
