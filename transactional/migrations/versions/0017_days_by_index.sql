-- Days all over the years are counted without a look at the rows: an erasure touches every day of a loyal shopper. What the indexes hold
-- never changes, so updates stay heap-only; a row costs them one microsecond more than BRIN. Append-only tables keep theirs.
drop index orders_placed_at_idx;
drop index vendor_orders_placed_at_idx;
create index orders_day on orders (placed_at) include (total_cents);
create index vendor_orders_day on vendor_orders (placed_at) include (items_cents);
