-- one row per published fact behind a position, as the JSON that the stream carries
select
    jsonb_build_object(
        'position', position,
        'id', id,
        'xid', xid::text,
        'type', type,
        'schema_version', schema_version,
        'occurred_at', occurred_at,
        'recorded_at', recorded_at,
        'key', key,
        'version', version,
        'batch_end', is_batch_end,
        'identity', identity.identity,
        'payload', payload
    ) as fact
from outbox
cross join (select market_identity() as identity) as identity
where position > %(after)s and position <= %(until)s
order by position
limit %(limit)s
