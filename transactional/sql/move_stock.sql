-- one row per offer whose units moved, with its journal; an offer that lacks the available units stays out and
-- unmoved, or refuses the statement where all must move. Rows are locked in key order, so that two carts with the
-- same offers cannot deadlock.
with moves as (
    select offer_id, order_id, units
    from unnest(%(offer_ids)s::bigint[], %(order_ids)s::bigint[], %(units)s::bigint[])
        as move (offer_id, order_id, units)
),

totals as (
    select
        offer_id,
        %(available)s::bigint * sum(units)::bigint as available_units,
        %(held)s::bigint * sum(units)::bigint as held_units,
        %(sold)s::bigint * sum(units)::bigint as sold_units
    from moves
    group by offer_id
),

locked as materialized (
    select totals.*
    from stock
    join totals using (offer_id)
    order by stock.offer_id
    for update of stock
),

moved as (
    update stock set
        available_units = stock.available_units + locked.available_units,
        held_units = stock.held_units + locked.held_units,
        sold_units = stock.sold_units + locked.sold_units,
        received_units = stock.received_units + locked.available_units + locked.held_units + locked.sold_units,
        version = stock.version + 1,
        row_version = pg_current_xact_id()
    from locked
    where
        stock.offer_id = locked.offer_id
        and (%(must_move)s or stock.available_units + locked.available_units >= 0)
    returning
        new.offer_id,
        new.version,
        new.low_stock_threshold,
        new.available_units as units_after,
        new.received_units > old.received_units
        or (old.available_units > 0) <> (new.available_units > 0)
        or (old.available_units > new.low_stock_threshold) <> (new.available_units > new.low_stock_threshold)
            as is_told
),

journal as (
    insert into stock_moves (
        offer_id, order_id, kind, available_units, held_units, sold_units, occurred_at
    )
    select
        moves.offer_id,
        moves.order_id,
        %(kind)s,
        %(available)s::bigint * moves.units,
        %(held)s::bigint * moves.units,
        %(sold)s::bigint * moves.units,
        %(now)s
    from moved
    join moves using (offer_id)
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
    where moved.is_told
    order by moved.offer_id
)

select offer_id, is_told from moved
