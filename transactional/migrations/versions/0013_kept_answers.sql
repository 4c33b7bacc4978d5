-- An answer is kept for whoever repeats its request, as the text that was sent: JSON would be read and checked
-- again on its way in.
alter table idempotency_keys alter body type text;

-- The audit trail is asked for a principal or for a subject; its keys rise with time.
drop index audit_occurred_at_idx;

-- The rows that a line names are looked up by their own keys, then compared: by all columns at once the planner may
-- choose another index, under which a vendor's other offers lie, too.
create or replace function refuse_orphaned_lines() returns trigger language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    perform refuse_orphan('line', new_rows.line_id)
    from new_rows
    left join vendor_orders using (vendor_order_id)
    left join offers using (offer_id)
    where
        (vendor_orders.order_id, vendor_orders.vendor_id, offers.vendor_id, offers.product_id)
        is distinct from (new_rows.order_id, new_rows.vendor_id, new_rows.vendor_id, new_rows.product_id);
    return null;
end $$;
