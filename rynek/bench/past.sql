-- a past for a market of stalls.sql: orders of one unit, one every five seconds until now, each with all that is
-- written about it until its vendor is paid. Of a hundred one waits for its payment and one for its parcel.
set local session_replication_role = replica;

create temporary table past on commit drop as
select
    n,
    (n - 1) %% %(offers)s + 1 as offer_id,
    (n - 1) %% %(shoppers)s + 1 as shopper_id,
    ((n - 1) %% %(offers)s + 1) %% %(vendors)s + 1 as vendor_id,
    n %% 100 = 0 as is_unpaid,
    n %% 100 <= 1 as is_waiting,
    now() - (%(orders)s - n) * interval '5 seconds' as placed_at
from generate_series(1, %(orders)s) as n;

insert into orders (
    order_id, shopper_id, shopper_pseudonym, status, items_cents, shipping_cents, total_cents, placed_at, paid_at
)
select
    n, shopper_id, shopper_id, case when is_unpaid then 'pending_payment' else 'paid' end, 1999, 490, 2489, placed_at,
    case when not is_unpaid then placed_at end
from past;

insert into vendor_orders (
    vendor_order_id, order_id, vendor_id, shopper_pseudonym, status, items_cents, shipping_cents, commission_cents,
    processing_cents, net_cents, units, placed_at, paid_at, ship_by_at, shipped_at, delivered_at
)
select
    n, n, vendor_id, shopper_id,
    case when is_unpaid then 'pending_payment' when is_waiting then 'paid' else 'delivered' end, 1999, 490, 60, 72,
    2357, 1, placed_at, case when not is_unpaid then placed_at end, case when not is_unpaid then placed_at end,
    case when not is_waiting then placed_at end, case when not is_waiting then placed_at end
from past;

insert into order_lines (
    line_id, order_id, vendor_order_id, vendor_id, offer_id, product_id, quantity, line_cents, shipping_cents,
    commission_rate, processing_rate, commission_cents, processing_cents, placed_at
)
select n, n, n, vendor_id, offer_id, offer_id, 1, 1999, 490, 300, 290, 60, 72, placed_at from past;

insert into holds (order_id, status, expires_at, created_at, settled_at)
select
    n, case when is_unpaid then 'active' else 'consumed' end,
    placed_at + interval '15 minutes', placed_at,
    case when not is_unpaid then placed_at end
from past;

insert into payments (
    payment_id, order_id, status, amount_cents, stripe_payment_intent_id, created_at, succeeded_at, ended_in, checked_at
)
select
    n, n, case when is_unpaid then 'requires_payment' else 'succeeded' end, 2489, 'pi_past_' || n, placed_at,
    case when not is_unpaid then placed_at end, case when not is_unpaid then 'order' end, placed_at
from past;

insert into payment_attempts (payment_id, status, payment_method, started_at, answered_at)
select n, 'answered', 'pm_card_visa', placed_at, placed_at from past;

insert into webhook_events (event_id, type, payload, received_at, retry_at, applied_at)
select 'evt_past_' || n, 'payment_intent.succeeded', '{}', placed_at, placed_at, placed_at from past;

insert into timers (vendor_order_id, kind, due_at, fired_at, is_void)
select n, 'ship_reminder', placed_at, null, not is_waiting from past where not is_unpaid;

insert into notifications (
    channel, recipient, kind, topic, subject, body, status, attempts, retry_at, created_at, sent_at
)
select
    'email', 'shopper-' || shopper_id || '@example.com', 'order_paid', 'ord_' || n, 'Paid', 'Thank you.', 'sent', 1,
    placed_at, placed_at, placed_at
from past;

insert into transfers (
    transfer_id, order_id, vendor_order_id, vendor_id, status, amount_cents, transfer_group, stripe_transfer_id, due_at,
    sent_at
)
select
    n, n, n, vendor_id, case when is_waiting then 'held' else 'sent' end, 2357, 'ord_' || n,
    case when not is_waiting then 'tr_past_' || n end, case when not is_waiting then placed_at end,
    case when not is_waiting then placed_at end
from past
where not is_unpaid;

insert into refunds (
    refund_id, order_id, payment_id, status, amount_cents, origin, reason, created_at, booked_at, stripe_refund_id,
    answered_at
)
select n, n, n, 'succeeded', 100, 'refund', 'shopper_request', placed_at, placed_at, 're_past_' || n, placed_at
from past
where n %% 10 = 1;

insert into refund_lines (
    refund_id, line_id, vendor_order_id, vendor_id, quantity, items_cents, shipping_cents, tax_cents, withheld_tax_cents,
    commission_cents, commission_tax_cents, processing_cents, vendor_cents
)
select n, n, n, vendor_id, 0, 100, 0, 0, 0, 3, 0, 0, 97 from past where n %% 10 = 1;

insert into transfer_reversals (
    transfer_id, refund_id, vendor_id, status, amount_cents, reversible_cents, reversed_cents, stripe_reversal_id,
    created_at, settled_at
)
select n, n, vendor_id, 'settled', 97, 97, 97, 'trr_past_' || n, placed_at, placed_at from past
where n %% 10 = 1 and not is_waiting;

insert into accounts (kind, vendor_id)
select 'stripe_balance', null::bigint
union all
select 'commission_revenue', null
union all
select 'vendor_payable', vendor_id from vendors;

insert into journals (journal_id, kind, order_id, reference, currency, occurred_at)
select n, 'sale', n, 'ord_' || n, 'EUR', placed_at from past where not is_unpaid;

insert into postings (journal_id, account_id, amount_cents)
select n, account_id, 2489 from past join accounts on kind = 'stripe_balance' where not is_unpaid
union all
select n, account_id, -132 from past join accounts on kind = 'commission_revenue' where not is_unpaid
union all
select n, account_id, -2357 from past join accounts using (vendor_id) where not is_unpaid;

insert into outbox (type, key, version, payload, occurred_at, position, is_batch_end)
select
    'vendor_order.changed', 'vor_' || n, 1,
    jsonb_build_object(
        'vendor_order_id', n, 'order_id', n, 'vendor_id', vendor_id, 'shopper_pseudonym', shopper_id, 'status', 'paid',
        'paid_at', placed_at
    ),
    placed_at, n, true
from past
order by n;
update relay set last_position = %(orders)s, published_position = %(orders)s;

insert into idempotency_keys (principal, key, request_hash, status_code, body, created_at)
select 'shp_' || shopper_id, 'past-' || n, '\x00', 201, '{}', placed_at from past;

insert into audit (occurred_at, role, principal, action, subject)
select placed_at, 'shopper', 'shp_' || shopper_id, 'POST /v1/orders', 'ord_' || n from past order by n;

insert into stock_moves (offer_id, order_id, kind, available_units, held_units, sold_units, occurred_at)
select offer_id, n, 'held', -1, 1, 0, placed_at from past;

update stock set
    available_units = available_units - 1,
    held_units = held_units + past.is_unpaid::integer,
    sold_units = sold_units + (not past.is_unpaid)::integer
from past
where stock.offer_id = past.offer_id;

select setval(pg_get_serial_sequence(named, key), %(orders)s)
from (values ('orders', 'order_id'), ('vendor_orders', 'vendor_order_id'), ('order_lines', 'line_id'),
             ('payments', 'payment_id'), ('transfers', 'transfer_id'), ('journals', 'journal_id'),
             ('refunds', 'refund_id')) as t (named, key);
