-- one row where the relay's counter and the numbered facts disagree
select
    'relay' as key,
    'the counter stands at ' || relay.last_position || ', ' || facts.numbered || ' facts are numbered up to '
    || facts.newest || ', ' || relay.published_position || ' are published' as detail
from relay
cross join (
    select count(position) as numbered, coalesce(max(position), 0) as newest, coalesce(min(position), 1) as oldest
    from outbox
) as facts
where
    relay.last_position < facts.newest
    or (facts.numbered > 0 and relay.last_position > facts.newest)
    or facts.newest - facts.oldest + 1 <> facts.numbered
    or relay.published_position > relay.last_position
limit %(limit)s
