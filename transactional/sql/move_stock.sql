-- one row per offer whose units moved; an offer that lacks the available units stays out and unmoved.
-- Rows are locked in key order, so that two carts with the same offers cannot deadlock.
with moves as (
    select offer_id, available_units, held_units, sold_units
    from unnest(
        %(offer_ids)s::bigint[], %(available_units)s::bigint[], %(held_units)s::bigint[], %(sold_units)s::bigint[]
    ) as move (offer_id, available_units, held_units, sold_units)
),

locked as materialized (
    select stock.offer_id
    from stock
    join moves using (offer_id)
    order by stock.offer_id
    for update of stock
),

moved as (
    update stock set
        available_units = stock.available_units + moves.available_units,
        held_units = stock.held_units + moves.held_units,
        sold_units = stock.sold_units + moves.sold_units,
        received_units = stock.received_units + moves.available_units + moves.held_units + moves.sold_units,
        version = stock.version + 1
    from locked
    join moves using (offer_id)
    where
        stock.offer_id = locked.offer_id
        and stock.available_units + moves.available_units >= 0
    returning
        new.offer_id,
        new.version,
        new.low_stock_threshold,
        old.available_units as units_before,
        new.available_units as units_after,
        new.received_units > old.received_units as is_restock
),

crossings as (
    insert into outbox (type, key, version, occurred_at, payload)
    select
        'stock.changed',
        'off_' || moved.offer_id,
        moved.version,
        %(now)s,
        jsonb_build_object(
            'offer_id', moved.offer_id,
            'product_id', offers.product_id,
            'vendor_id', offers.vendor_id,
            'available_units', moved.units_after,
            'low_stock_threshold', moved.low_stock_threshold
        )
    from moved
    join offers using (offer_id)
    where
        moved.is_restock
        or (moved.units_before > 0) <> (moved.units_after > 0)
        or (moved.units_before > moved.low_stock_threshold) <> (moved.units_after > moved.low_stock_threshold)
    order by moved.offer_id
)

select offer_id, units_after as available_units, version from moved
