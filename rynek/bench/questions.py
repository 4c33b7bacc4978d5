"""What a vendor's dashboard and an operator ask, in SQL that DuckDB and Postgres both answer."""

# Of one vendor, numbered `vendor_id`; Postgres has an index for each.
DASHBOARD = {
    "figures of 60 days": """
        select order_date, count(*) filter (where is_counted) as orders,
               sum(items_cents) filter (where is_counted) as sales_cents,
               count(distinct shopper_pseudonym) filter (where is_counted) as customers
        from {schema}vendor_orders
        where vendor_id = {vendor_id} and order_date between date '2026-09-01' and date '2026-10-31'
        group by order_date order by order_date""",
    "days of a year": """
        select order_date, orders, sales_cents, refunded_cents
        from {schema}vendor_daily
        where vendor_id = {vendor_id} order by order_date""",
    "last 50 orders": """
        select vendor_order_id, placed_at, status, items_cents
        from {schema}vendor_orders
        where vendor_id = {vendor_id} order by placed_at desc, vendor_order_id desc limit 50""",
}

# Over the whole market.
MARKET = {
    "cohorts by month": """
        with first_orders as (
            select shopper_pseudonym, min(order_date) as first_date
            from {schema}vendor_orders where is_counted group by shopper_pseudonym
        )
        select date_trunc('month', first_date) as cohort_month,
               date_trunc('month', order_date) as order_month,
               count(distinct shopper_pseudonym) as customers, sum(items_cents) as sales_cents
        from {schema}vendor_orders join first_orders using (shopper_pseudonym)
        where is_counted group by 1, 2 order by 1, 2""",
    "quartiles of similar shops": """
        with months as (
            select vendor_id, date_trunc('month', order_date) as month,
                   sum(sales_cents) as sales_cents, sum(orders) as orders
            from {schema}vendor_daily group by 1, 2
        )
        select month, count(*) as vendors,
               percentile_cont(0.25) within group (order by sales_cents) as lower_cents,
               percentile_cont(0.5) within group (order by sales_cents) as median_cents,
               percentile_cont(0.75) within group (order by sales_cents) as upper_cents
        from months where orders > 0 group by month order by month""",
    "the market by day": """
        select order_date, count(*) as vendor_orders, sum(items_cents) as sales_cents,
               count(distinct vendor_id) as vendors, count(distinct shopper_pseudonym) as customers
        from {schema}vendor_orders where is_counted group by order_date order by order_date""",
}

INDEXES = (
    "create index on vendor_orders (vendor_id, order_date)",
    "create index on vendor_orders (vendor_id, placed_at desc, vendor_order_id desc)",
    "create index on vendor_daily (vendor_id, order_date)",
)
