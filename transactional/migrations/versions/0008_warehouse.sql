-- What the warehouse reads of the later tables, and nothing else.

-- Contract 1 ------------------------------------------------------------------------------------------------

-- A posting says little without the kind of its account.
alter table accounts add column row_version xid8 not null default pg_current_xact_id();
create trigger stamp_row_version before insert or update on accounts
    for each row execute function stamp_row_version();
create trigger bury_deleted_row after delete on accounts
    for each row execute function bury_deleted_row('account_id');
create index on accounts (row_version);

-- Written at every unit that moves, in the order of time: BRIN costs it next to nothing.
create index stock_moves_row_version on stock_moves
    using brin (((row_version::text)::bigint)) with (pages_per_range = 16);

-- A load counts rows and cents of the days it touched: rows come in the order of time, so BRIN finds a day.
create index on orders using brin (placed_at);
create index on vendor_orders using brin (placed_at);
create index on order_lines using brin (placed_at);
create index on payments using brin (created_at);
create index on journals using brin (occurred_at);
create index on stock_moves using brin (occurred_at);
create index on behaviour_events using brin (occurred_at);

-- Erasure ---------------------------------------------------------------------------------------------------

-- Who was erased keeps the row that their orders rest on: without a name, under a new pseudonym. What told
-- an import who they are stays, so that importing them again brings nothing back.
alter table shoppers
    add column erased_at timestamptz,
    add check (erased_at is null or coalesce(email, name, region) is null);
create trigger bury_deleted_row after delete on visitors
    for each row execute function bury_deleted_row('visitor_pseudonym');

-- Roles -----------------------------------------------------------------------------------------------------

-- The pipelines' role reads column by column, so that a column added later is withheld until someone grants
-- it. These are the columns that stay: names and addresses of people, free text, and what only Stripe needs.
do $$
declare
    loaded record;
    granted text;
begin
    revoke select on all tables in schema public from rynek_pipeline;
    grant select on installation, relay to rynek_pipeline;
    for loaded in
        select * from (values
            ('tombstones', ''),
            ('owners', 'legal_name'),
            ('vendors', 'stripe_account_id stripe_account_key source_ref version email is_transfer_capable '
                        'is_payout_ready requirements_due account_checked_at open_weekdays status_version '
                        'status_reason'),
            ('shoppers', 'shopper_id email name source_ref erased_at'),
            ('visitors', 'visitor_id created_at'),
            ('categories', 'source_ref'),
            ('products', 'source_ref weight_grams'),
            ('variants', 'attributes weight_grams'),
            ('offers', ''),
            ('promotions', ''),
            ('stock', ''),
            ('stock_moves', ''),
            ('orders', 'shopper_id source_ref ship_to'),
            ('vendor_orders', 'tracking_code carrier weight_grams'),
            ('order_lines', 'commission_rule_id commission_basis commission_tax_rate'),
            ('payments', 'stripe_payment_intent_id stripe_charge_id checked_at'),
            ('transfers', 'idempotency_key transfer_group stripe_transfer_id lease_expires_at fencing_token '
                          'last_error'),
            ('refunds', 'idempotency_key stripe_refund_id lease_expires_at fencing_token attempts last_error'),
            ('refund_lines', ''),
            ('transfer_reversals', 'idempotency_key stripe_reversal_id lease_expires_at fencing_token attempts '
                                   'last_error'),
            ('disputes', 'stripe_dispute_id evidence_text evidence_key evidence_error'),
            ('reviews', 'text removal_reason'),
            ('adjustments', 'source_ref'),
            ('accounts', ''),
            ('journals', 'reference'),
            ('postings', ''),
            ('behaviour_events', '')
        ) as t (table_name, withheld)
    loop
        select string_agg(quote_ident(attname), ', ') into granted
        from pg_attribute
        where attrelid = loaded.table_name::regclass and attnum > 0 and not attisdropped
          and attname <> all (string_to_array(loaded.withheld, ' '));
        execute format('grant select (%s) on %I to rynek_pipeline', granted, loaded.table_name);
    end loop;
end $$;
