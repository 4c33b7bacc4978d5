-- One request, one attempt: a repeated Idempotency-Key goes on with the attempt it began, never a second.
alter table idempotency_keys add column attempt_id bigint references payment_attempts;

-- A webhook that Stripe itself cannot explain is put aside, not tried for ever; an operator sees it.
alter table webhook_events add column set_aside_at timestamptz;
alter table webhook_events add check (applied_at is null or set_aside_at is null);
drop index webhook_events_retry_at_idx;
create index on webhook_events (retry_at) where applied_at is null and set_aside_at is null;
create index on webhook_events (set_aside_at) where set_aside_at is not null;
