-- one row: keys for a batch of orders, their vendor orders and their lines, drawn before anything is written
select
    array(select nextval('orders_order_id_seq') from generate_series(1, %(orders)s)) as order_ids,
    array(select nextval('vendor_orders_vendor_order_id_seq') from generate_series(1, %(vendor_orders)s))
        as vendor_order_ids,
    array(select nextval('order_lines_line_id_seq') from generate_series(1, %(lines)s)) as line_ids
