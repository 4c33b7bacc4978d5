-- One row per Stripe object. `body` is what the API shows, `hidden` what only Stripe knows.
create table if not exists objects (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    account text not null,
    created integer not null,
    body text not null check (json_valid(body)),
    hidden text not null check (json_valid(hidden))
) strict;

create index if not exists objects_by_kind on objects (account, kind, seq);
create index if not exists objects_by_intent
    on objects (account, body ->> '$.payment_intent', seq) where kind = 'charge';
create index if not exists objects_by_group
    on objects (account, kind, body ->> '$.transfer_group', seq);
create index if not exists objects_by_source_transaction
    on objects (account, body ->> '$.source_transaction', seq) where kind = 'transfer';
create index if not exists objects_by_destination
    on objects (account, body ->> '$.destination', seq) where kind = 'transfer';
create index if not exists objects_by_source
    on objects (account, body ->> '$.source', seq) where kind = 'balance_transaction';
create index if not exists objects_by_balance
    on objects (account, body ->> '$.currency', body ->> '$.status', body ->> '$.net')
    where kind = 'balance_transaction';
create index if not exists objects_by_availability
    on objects (body ->> '$.available_on')
    where kind = 'balance_transaction' and body ->> '$.status' = 'pending';

create index if not exists objects_by_creation on objects (account, kind, created);
create index if not exists refunds_by_charge
    on objects (account, body ->> '$.charge', seq) where kind = 'refund';
create index if not exists refunds_by_intent
    on objects (account, body ->> '$.payment_intent', seq) where kind = 'refund';
create index if not exists disputes_by_charge
    on objects (account, body ->> '$.charge', seq) where kind = 'dispute';
create index if not exists objects_by_transfer
    on objects (account, body ->> '$.transfer', seq) where kind = 'transfer_reversal';

-- The state machines of moves.py, refilled at every start.
create table if not exists moves (
    kind text not null,
    from_status text not null,
    to_status text not null,
    primary key (kind, from_status, to_status)
) strict, without rowid;

create trigger if not exists only_allowed_moves
before update of body on objects
when old.body ->> '$.status' <> new.body ->> '$.status'
    and not exists (
        select 1 from moves
        where kind = old.kind
            and from_status = old.body ->> '$.status'
            and to_status = new.body ->> '$.status'
    )
begin
    select raise(abort, 'this move between statuses is not in moves.py');
end;

-- The answer kept under an idempotency key, with what was asked.
create table if not exists answers (
    account text not null,
    key text not null,
    fingerprint text not null,
    status integer not null,
    body text not null,
    request_id text not null,
    created integer not null,
    primary key (account, key)
) strict, without rowid;

-- One row per event and endpoint, from the transaction that made the event until it is delivered.
create table if not exists deliveries (
    id integer primary key autoincrement,
    event_id text not null references objects (id),
    endpoint_id text not null references objects (id),
    state text not null default 'pending' check (state in ('pending', 'delivered', 'abandoned')),
    attempts integer not null default 0,
    due_at real not null,
    last_outcome text,
    unique (event_id, endpoint_id)
) strict;

create index if not exists deliveries_due on deliveries (due_at) where state = 'pending';

-- What happens by itself when the stand-in's clock gets there; the tasks are in tasks.py.
create table if not exists agenda (
    id integer primary key autoincrement,
    account text not null,
    task text not null,
    object_id text not null,
    due_at integer not null
) strict;

create index if not exists agenda_due on agenda (due_at, id);
create index if not exists agenda_by_object on agenda (object_id);

-- What the control routes have set: how far the clock was moved on, who covers a shortfall.
create table if not exists switches (
    name text primary key,
    value integer not null
) strict, without rowid;
