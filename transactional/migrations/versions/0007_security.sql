-- Who sees which rows.
--
-- The core and its workers connect as rynek_app: it owns nothing, writes rows, and rewrites no journal.
-- A request of a vendor or shopper takes that role inside its transaction and names its tenant
-- (transactional/access/tenancy.py). These two roles only read, and only what a policy below opens; without
-- a tenant, tenant_id() is null and every policy is closed. They hold no grant on a table that is not
-- named here, nor on a view: whatever is added later is closed until someone opens it.
--
-- The owner of the tables is bound by no policy (forcing it would end COPY and pg_dump by the
-- owner), so nobody serves requests as the owner: taking the role leaves it, too.

-- Roles (made by roles.sql) -------------------------------------------------------------------------------

grant usage on schema public to rynek_app, rynek_vendor, rynek_shopper;
grant select, insert, update, delete on all tables in schema public to rynek_app;
grant usage, select on all sequences in schema public to rynek_app;
alter default privileges in schema public grant select, insert, update, delete on tables to rynek_app;
alter default privileges in schema public grant usage, select on sequences to rynek_app;
revoke update, delete on journals, postings, stock_moves from rynek_app;
revoke insert, update, delete on allowed_moves from rynek_app;
revoke all on alembic_version from rynek_app;

-- A month of behaviour needs a table, which rynek_app may not make itself.
create function open_behaviour_month(partition_name text, first_date date, next_date date) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if partition_name !~ '^behaviour_events_[0-9]{4}_[0-9]{2}$' then
        raise exception '% is no name of a month of behaviour', partition_name;
    end if;
    execute format('create table %I partition of behaviour_events for values from (%L) to (%L)',
                   partition_name, first_date || ' 00:00+00', next_date || ' 00:00+00');
end $$;
revoke execute on function open_behaviour_month from public;
grant execute on function open_behaviour_month to rynek_app;

-- Tenants -------------------------------------------------------------------------------------------------

-- The vendor_id or shopper_id of the request; the role says which of the two.
create function tenant_id() returns bigint language sql stable as $$
    select nullif(current_setting('rynek.tenant_id', true), '')::bigint
$$;

-- Set while the core asks, before an effect, whether the tenant may touch a row: then only what is
-- the tenant's own is seen, not what is merely public.
create function is_acting() returns boolean language sql stable as $$
    select coalesce(current_setting('rynek.is_acting', true), '') = 'on'
$$;

-- Two words of the table below: a row whose parent is seen, and a role for whom a condition opens a table.
create function seen_in(parent text, key_column text, narrowed text default 'true') returns text language sql as $$
    select format('exists (select from %1$I as parent where parent.%2$I = {this}.%2$I and %3$s)',
                  parent, key_column, narrowed)
$$;

create function open_to(role text, table_name text, condition text) returns void language plpgsql as $$
begin
    if condition is not null then
        execute format('create policy %I on %I for select to %I using (%s)',
                       role, table_name, 'rynek_' || role, replace(condition, '{this}', quote_ident(table_name)));
        execute format('grant select on %I to %I', table_name, 'rynek_' || role);
    end if;
end $$;

-- What each of the two sees; null: nothing at all. A condition may lean on another table's policy.
do $$
declare
    rule record;
    of_vendor constant text := 'vendor_id = tenant_id()';
    is_public constant text := 'not is_acting()';
begin
    for rule in
        select table_name, vendor_sees, shopper_sees
        from (values
            ('vendors', of_vendor, is_public),
            ('owners', seen_in('vendors', 'owner_id'), null),
            ('shoppers', null, 'shopper_id = tenant_id()'),
            ('visitors', null, null),

            ('offers', of_vendor || ' or ' || is_public, is_public),
            ('stock', seen_in('offers', 'offer_id'), is_public),
            ('stock_moves', seen_in('offers', 'offer_id', of_vendor), null),
            ('promotions', of_vendor, is_public),
            ('commission_rules', of_vendor || ' or vendor_id is null and ' || is_public, null),
            ('shipping_zones', of_vendor || ' or vendor_id is null and ' || is_public, is_public),
            ('shipping_rates', seen_in('shipping_zones', 'shipping_zone_id'), is_public),
            ('catalogue_imports', of_vendor, null),
            ('catalogue_import_errors', seen_in('catalogue_imports', 'catalogue_import_id'), null),
            ('reviews', of_vendor || ' or ' || is_public, seen_in('order_lines', 'line_id') || ' or ' || is_public),

            ('orders', seen_in('vendor_orders', 'order_id'), 'shopper_id = tenant_id()'),
            ('vendor_orders', of_vendor, seen_in('orders', 'order_id')),
            ('order_lines', of_vendor, seen_in('orders', 'order_id')),
            ('holds', null, seen_in('orders', 'order_id')),
            ('hold_lines', null, seen_in('holds', 'hold_id')),
            ('payments', null, seen_in('orders', 'order_id')),
            ('payment_attempts', null, seen_in('payments', 'payment_id')),
            ('timers', seen_in('vendor_orders', 'vendor_order_id'), null),

            ('transfers', of_vendor, null),
            ('transfer_reversals', of_vendor, null),
            ('transfer_nettings', seen_in('transfers', 'transfer_id'), null),
            ('refunds', seen_in('refund_lines', 'refund_id'), seen_in('orders', 'order_id')),
            ('refund_lines', of_vendor, seen_in('refunds', 'refund_id')),
            ('disputes', seen_in('orders', 'order_id'), seen_in('orders', 'order_id')),
            ('adjustments', of_vendor, null),
            ('accounts', of_vendor, null),
            ('postings', seen_in('accounts', 'account_id'), null),
            ('journals', seen_in('postings', 'journal_id'), null),

            ('submissions', of_vendor, null),
            ('vendor_closures', of_vendor, null),
            ('vendor_webhooks', of_vendor, null),
            ('notifications', of_vendor, null),
            ('behaviour_events', null, null)
        ) as t (table_name, vendor_sees, shopper_sees)
    loop
        execute format('alter table %I enable row level security', rule.table_name);
        execute format('create policy market on %I to rynek_app using (true) with check (true)', rule.table_name);
        execute format('create policy pipeline on %I for select to rynek_pipeline using (true)', rule.table_name);
        perform open_to('vendor', rule.table_name, rule.vendor_sees);
        perform open_to('shopper', rule.table_name, rule.shopper_sees);
    end loop;
end $$;
drop function open_to, seen_in;

-- A shopper sees of a vendor what its shop window says, not its address at Stripe.
revoke select on vendors from rynek_shopper;
grant select (vendor_id, name, status, country, region, ships_within_days) on vendors to rynek_shopper;

-- The market's own catalogue and rules, the same for everybody.
grant select on installation, market_rules, categories, products, variants, product_images, tax_rates,
    commission_tax_rates, checklist_items to rynek_vendor, rynek_shopper;

-- Tokens and the audit trail ---------------------------------------------------------------------------------

-- An operator's token carries a name, so that keys and audit rows tell people apart.
alter table tokens
    add column name text check (length(name) between 1 and 100),
    add check (scopes <@ array['read', 'write']);
