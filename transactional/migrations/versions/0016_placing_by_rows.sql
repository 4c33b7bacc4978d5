-- What checkout writes into a table, as one array of rows: an array for each column has to be read, kept and looped
-- over by itself. A column is added to a type as to its table, and in ordering/order_rows.py.

create type new_order as (
    order_id bigint,
    shopper_id bigint,
    shopper_pseudonym bigint,
    items_cents bigint,
    shipping_cents bigint,
    discount_cents bigint,
    tax_cents bigint,
    ship_to_country text,
    placed_at timestamptz
);

create type new_vendor_order as (
    vendor_order_id bigint,
    order_id bigint,
    vendor_id bigint,
    shopper_pseudonym bigint,
    items_cents bigint,
    shipping_cents bigint,
    discount_cents bigint,
    tax_cents bigint,
    withheld_tax_cents bigint,
    commission_cents bigint,
    commission_tax_cents bigint,
    processing_cents bigint,
    net_cents bigint,
    units bigint,
    weight_grams bigint,
    deliver_by_date date,
    placed_at timestamptz
);

create type new_line as (
    line_id bigint,
    order_id bigint,
    vendor_order_id bigint,
    vendor_id bigint,
    placed_at timestamptz,
    offer_id bigint,
    product_id bigint,
    variant_id bigint,
    quantity bigint,
    line_cents bigint,
    shipping_cents bigint,
    discount_cents bigint,
    promotion_id bigint,
    tax_rate integer,
    tax_cents bigint,
    withheld_tax_cents bigint,
    commission_rule_id bigint,
    commission_basis text,
    commission_rate integer,
    commission_cents bigint,
    commission_tax_rate integer,
    commission_tax_cents bigint,
    processing_rate integer,
    processing_cents bigint
);

create type new_answer as (principal text, request_hash text, subject text, request_id text);

-- A batch of orders commits without looking back, so an answer that cannot be kept refuses it here.
create function refuse_twins(twins bigint) returns void language plpgsql as $$
begin
    if twins > 0 then
        raise exception '% keys were answered meanwhile', twins
            using errcode = 'unique_violation', constraint = 'idempotency_keys_pkey';
    end if;
end $$;
