-- one row per request whose token lives, by its place: who asks, and what was answered to its key before
select
    asked.place::integer as place,
    tokens.role,
    tokens.subject_id,
    shoppers.shopper_pseudonym,
    tokens.expires_at,
    tokens.scopes,
    tokens.name,
    left(asked.token_hash, 8) as fingerprint,
    shoppers.country,
    idempotency_keys.request_hash,
    idempotency_keys.body
from rows from (
    json_array_elements_text(%(token_hashes)s::json),
    json_array_elements_text(%(keys)s::json)
) with ordinality as asked (token_hash, key, place)
join tokens on tokens.token_hash = decode(asked.token_hash, 'hex')
left join shoppers on tokens.role = 'shopper' and shoppers.shopper_id = tokens.subject_id
left join idempotency_keys
    on
        idempotency_keys.principal = 'shp_' || tokens.subject_id
        and idempotency_keys.key = asked.key
        and tokens.role = 'shopper'
where tokens.revoked_at is null and tokens.expires_at > clock_timestamp()
