-- Whoever shops with a vendor's address of letters owns it; asked whenever a shopper's token is introspected.
create index vendors_email on vendors (lower(email)) where email is not null;
