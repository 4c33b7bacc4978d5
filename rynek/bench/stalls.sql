-- a market to place orders in: vendors with offers at one price and more units than anyone will order, and
-- shoppers with tokens `rk_shopper_bench_<n>` and the pseudonym n, for n from 1 to the number of shoppers. Triggers
-- rest meanwhile: at millions of rows each row's own would take longer than its writing.
set local session_replication_role = replica;

insert into installation (currency, time_zone) values ('EUR', 'Europe/Warsaw') on conflict do nothing;

insert into owners (owner_id, legal_name) overriding system value
select n, 'Owner ' || n from generate_series(1, %(vendors)s) as n;

insert into vendors (vendor_id, owner_id, name, status, country, stripe_account_id) overriding system value
select n, n, 'Vendor ' || n, 'active', 'PL', 'acct_bench_' || n from generate_series(1, %(vendors)s) as n;

insert into categories (category_id, parent_id, name) overriding system value
select n, nullif(n / 10, 0), 'Category ' || n from generate_series(1, 100) as n;

insert into products (product_id, category_id, title) overriding system value
select n, n %% 100 + 1, 'Product ' || n from generate_series(1, %(offers)s) as n;

insert into offers (offer_id, product_id, vendor_id, sku, price_cents) overriding system value
select n, n, n %% %(vendors)s + 1, 'SKU-' || n, 1999 from generate_series(1, %(offers)s) as n;

insert into offer_prices (offer_id, price_cents, from_at)
select offer_id, price_cents, created_at from offers order by offer_id;

insert into stock (offer_id, received_units, available_units)
select n, %(units)s, %(units)s from generate_series(1, %(offers)s) as n;

insert into stock_moves (offer_id, kind, available_units, held_units, sold_units, occurred_at)
select offer_id, 'opened', available_units, 0, 0, now() from stock;

insert into shoppers (shopper_id, shopper_pseudonym, name, country) overriding system value
select n, n, 'Shopper ' || n, 'PL' from generate_series(1, %(shoppers)s) as n;

insert into tokens (token_hash, role, subject_id, expires_at)
select sha256(('rk_shopper_bench_' || n)::bytea), 'shopper', n, now() + interval '1 day'
from generate_series(1, %(shoppers)s) as n;
