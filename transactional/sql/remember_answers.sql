-- one row per key that is claimed with its answer; a key that has an answer already stays as it is, and out.
-- A key without one belongs to a twin that was cut off: this answer is then its own.
insert into idempotency_keys (principal, key, request_hash, status_code, body)
select answered.principal, answered.key, decode(answered.request_hash, 'hex'), answered.status_code, answered.body
from jsonb_to_recordset(%(answers)s) as answered (
    principal text, key text, request_hash text, status_code integer, body jsonb
)
on conflict (principal, key) do update
set status_code = excluded.status_code, body = excluded.body
where
    idempotency_keys.status_code is null
    and idempotency_keys.request_hash = excluded.request_hash
