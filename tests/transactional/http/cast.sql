-- One of each thing that belongs to the first vendor or the first shopper.
insert into categories (name) values ('Tea');
insert into variants (product_id, name) values (1, 'Small');
insert into checklist_items (code, title) values ('trade_register', 'An extract'), ('licence', 'A permit');
insert into submissions (vendor_id, checklist_item_id, status, submitted_at)
values (1, 1, 'submitted', now());
insert into catalogue_imports (vendor_id, status, idempotency_key, lease_expires_at, started_at, finished_at)
values (1, 'broken_off', 'k', now(), now(), null);
insert into product_images (product_id, url) select 1, 'https://shop.example/old-' || n from generate_series(1, 2) as n;
insert into reviews (line_id, product_id, vendor_id, shopper_pseudonym, stars, created_at)
select line_id, product_id, order_lines.vendor_id, shopper_pseudonym, 5, now()
from order_lines join vendor_orders using (vendor_order_id) where vendor_order_id = 2;
insert into vendor_closures (vendor_id, first_date, last_date)
select 1, '2030-12-24', '2030-12-26' from generate_series(1, 2) as n;
insert into vendor_webhooks (vendor_id, url, secret)
select 1, 'https://shop.example/' || n, 'whsec' from generate_series(1, 2) as n;
insert into notifications (channel, recipient, kind, topic, subject, body, status, retry_at, created_at)
values ('email', 'ada@shop.example', 'order_paid', 'ord_1', '', '', 'failed', now(), now());
insert into webhook_events (event_id, type, payload, set_aside_at) values ('evt_1', 'x', '{}', now());
insert into promotions (vendor_id, name, rate, starts_at, ends_at)
values (1, 'Spring', 1000, now(), now() + interval '1 day');
insert into shipping_zones (vendor_id, name) values (1, 'Home');
insert into shipping_rates (shipping_zone_id, up_to_grams, fee_cents, transit_days) values (1, 1000, 100, 2);
insert into commission_rules (vendor_id, rate, valid_from) values (1, 500, now());
insert into tax_rates (country, rate, valid_from_date) values ('DE', 1900, '2020-01-01');
insert into promotions (vendor_id, name, rate, starts_at, ends_at)
values (1, 'Autumn', 1000, now(), now() + interval '1 day');
insert into commission_tax_rates (country, rate, valid_from_date) values ('DE', 1900, '2020-01-01');
insert into refunds (order_id, payment_id, origin, status, reason, amount_cents, created_at, answered_at)
select order_id, payment_id, 'refund', 'failed', 'operator', 1, now(), now() from payments where order_id = 1;
insert into refund_lines (refund_id, line_id, vendor_order_id, vendor_id, quantity, items_cents,
    shipping_cents, tax_cents, withheld_tax_cents, commission_cents, commission_tax_cents,
    processing_cents, vendor_cents)
select 1, line_id, vendor_order_id, vendor_id, 1, 1, 0, 0, 0, 0, 0, 0, 1 from order_lines where order_id = 1;
insert into disputes (order_id, payment_id, stripe_dispute_id, status, amount_cents, opened_at, evidence_due_at)
select order_id, payment_id, 'dp_1', 'open', 1, now(), now() from payments where order_id = 1;
