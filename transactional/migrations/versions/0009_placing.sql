-- Placing an order writes 14 rows; this takes from each what it does not need.

-- A row's version is its default; the trigger runs only where a statement brings another ----------------

do $$
declare
    stamped record;
begin
    for stamped in
        select pg_class.relname from pg_trigger join pg_class on pg_class.oid = pg_trigger.tgrelid
        where tgname = 'stamp_row_version' and tgparentid = 0
    loop
        execute format('alter table %I alter row_version set default pg_current_xact_id()', stamped.relname);
        execute format('create or replace trigger stamp_row_version before insert or update on %I
                        for each row when (new.row_version is distinct from pg_current_xact_id())
                        execute function stamp_row_version()', stamped.relname);
    end loop;
end $$;

-- References of what a checkout writes -----------------------------------------------------------------

-- They are checked by the statement, over all the rows it wrote, at a sixth of what looking each up by itself
-- costs. What is referred to is never deleted: the market's role may not, and only checkout writes these rows.
-- Not enforced, the foreign keys still say what refers to what; an invariant looks at all rows again.
do $$
declare
    reference record;
begin
    for reference in
        select conrelid::regclass as child, conname from pg_constraint
        where contype = 'f' and conrelid in
            ('orders'::regclass, 'vendor_orders'::regclass, 'order_lines'::regclass, 'holds'::regclass)
    loop
        execute format('alter table %s alter constraint %I not enforced', reference.child, reference.conname);
    end loop;
end $$;
revoke delete on shoppers, vendors, products, offers, orders, vendor_orders, order_lines, holds from rynek_app;

create function refuse_orphan(kind text, orphan_id bigint) returns void language plpgsql as $$
begin
    raise exception '% % refers to something that does not exist', kind, orphan_id
        using errcode = 'foreign_key_violation';
end $$;

-- A plan made while a table was small must not read it whole once it has grown: hence the settings.
-- A live order bears its shopper's pseudonym of this moment; who is being erased gets another, so it is locked.
create function refuse_orphaned_orders() returns trigger language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    named bigint;
begin
    perform from new_rows join shoppers using (shopper_id)
    where new_rows.source <> 'live' or new_rows.shopper_pseudonym = shoppers.shopper_pseudonym
    for key share of shoppers;
    get diagnostics named = row_count;
    if named < (select count(*) from new_rows) then
        perform refuse_orphan('order', new_rows.order_id)
        from new_rows left join shoppers using (shopper_id)
        where shoppers.shopper_id is null;
        raise exception 'a shopper was erased while ordering' using errcode = 'serialization_failure';
    end if;
    return null;
end $$;
create trigger refuse_orphans after insert on orders
    referencing new table as new_rows for each statement execute function refuse_orphaned_orders();

create function refuse_orphaned_vendor_orders() returns trigger language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    perform refuse_orphan('vendor order', new_rows.vendor_order_id)
    from new_rows left join orders using (order_id) left join vendors using (vendor_id)
    where orders.order_id is null or vendors.vendor_id is null;
    return null;
end $$;
create trigger refuse_orphans after insert on vendor_orders
    referencing new table as new_rows for each statement execute function refuse_orphaned_vendor_orders();

-- A line's order and vendor are its vendor order's, its product is its offer's.
create function refuse_orphaned_lines() returns trigger language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    perform refuse_orphan('line', new_rows.line_id)
    from new_rows
    left join vendor_orders using (vendor_order_id, order_id, vendor_id)
    left join offers using (offer_id, vendor_id, product_id)
    where vendor_orders.vendor_order_id is null or offers.offer_id is null;
    return null;
end $$;
create trigger refuse_orphans after insert on order_lines
    referencing new table as new_rows for each statement execute function refuse_orphaned_lines();

create function refuse_orphaned_holds() returns trigger language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    perform refuse_orphan('hold of order', new_rows.order_id)
    from new_rows left join orders using (order_id)
    where orders.order_id is null;
    return null;
end $$;
create trigger refuse_orphans after insert on holds
    referencing new table as new_rows for each statement execute function refuse_orphaned_holds();

create function refuse_new_reference() returns trigger language plpgsql as $$
begin
    raise exception 'a row of % refers to the same for ever', tg_table_name
        using errcode = 'foreign_key_violation', constraint = 'references_stay';
end $$;
create trigger references_stay before update of shopper_id on orders
    for each row when (old.shopper_id is distinct from new.shopper_id) execute function refuse_new_reference();
create trigger references_stay before update of order_id, vendor_id on vendor_orders
    for each row when ((old.order_id, old.vendor_id) is distinct from (new.order_id, new.vendor_id))
    execute function refuse_new_reference();
create trigger references_stay before update of order_id, vendor_order_id, vendor_id, offer_id, product_id on order_lines
    for each row when (
        (old.order_id, old.vendor_order_id, old.vendor_id, old.offer_id, old.product_id)
        is distinct from (new.order_id, new.vendor_order_id, new.vendor_id, new.offer_id, new.product_id))
    execute function refuse_new_reference();
create trigger references_stay before update of order_id on holds
    for each row when (old.order_id is distinct from new.order_id) execute function refuse_new_reference();

-- Rows and index entries that say nothing new ------------------------------------------------------------

-- A hold's units are those of its order's lines, and an order has one hold.
drop table hold_lines;
alter table holds drop column hold_id, drop constraint holds_order_id_key, add primary key (order_id);

-- A live order comes from no other source, and a new fact has no position yet.
alter table orders drop constraint orders_source_source_ref_key;
create unique index orders_source_ref on orders (source, source_ref) where source_ref is not null;
alter table outbox drop constraint outbox_position_key;
create unique index outbox_position on outbox (position) where position is not null;

-- Facts and stored answers are given back as they came, never searched: text is written quicker.
alter table outbox alter payload type json;
alter table idempotency_keys alter body type json;
alter table idempotency_keys set (toast_tuple_target = 8160);

-- What an operator is shown as open ----------------------------------------------------------------------

create index on refunds (refund_id) where status = 'failed';
