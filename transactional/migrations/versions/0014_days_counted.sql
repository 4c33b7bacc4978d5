-- How many days a table spans. Without it each moment is taken for a day of its own, and all days are counted by one process.
create statistics orders_days on (cast(placed_at at time zone 'UTC' as date)) from orders;
create statistics vendor_orders_days on (cast(placed_at at time zone 'UTC' as date)) from vendor_orders;
create statistics order_lines_days on (cast(placed_at at time zone 'UTC' as date)) from order_lines;
create statistics payments_days on (cast(created_at at time zone 'UTC' as date)) from payments;
create statistics journals_days on (cast(occurred_at at time zone 'UTC' as date)) from journals;
create statistics stock_moves_days on (cast(occurred_at at time zone 'UTC' as date)) from stock_moves;
