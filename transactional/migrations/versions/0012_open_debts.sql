-- What a vendor still has to give back, whether it is owed, due or under way.
drop index transfer_reversals_vendor_id_idx;
create index on transfer_reversals (vendor_id) where status <> 'settled';
