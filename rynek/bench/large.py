"""A market of full size, straight in the warehouse's source tables: a year of 25,000 vendors.

The same rows every time: each value is a hash of its row's number. Trade by vendor follows a power
law, as it does in life.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import duckdb

from warehouse import ledger
from warehouse.ledger import Load, TableLoad
from warehouse.moment import Moment
from warehouse.store import transaction
from warehouse.tables import TABLES

END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 365
OFFERS_PER_VENDOR = 100
EVENTS_PER_SESSION = 12
LOADED, CHANGED = 1_000, 2_000  # the transaction ids of the first load and of a later one


@dataclass(frozen=True)
class Size:
    vendors: int
    lines: int
    events: int

    @property
    def orders(self) -> int:
        return self.lines * 2 // 3

    @property
    def vendor_orders(self) -> int:
        return self.lines * 5 // 6


Scale = Literal["full", "tenth", "tiny"]

SIZES: Mapping[Scale, Size] = {
    "full": Size(25_000, 12_000_000, 50_000_000),
    "tenth": Size(2_500, 1_200_000, 5_000_000),
    "tiny": Size(250, 120_000, 500_000),
}


def tables(size: Size) -> Iterator[tuple[str, str]]:
    """Name and SELECT of each table that has rows, each after those it reads."""
    begin = f"timestamptz '{END - timedelta(days=DAYS):%Y-%m-%d %H:%M:%S+00}'"
    second = f"{DAYS * 86_400}::double"
    offers = size.vendors * OFFERS_PER_VENDOR
    shoppers = size.orders // 16
    vendor = f"1 + floor({size.vendors} * pow(hash({{}}) / 18446744073709551616.0, 2.5))::bigint"
    yield (
        "vendors",
        f"""select i as vendor_id, 1 + i * 9 // 10 as owner_id, 'Vendor ' || i as name,
            'active' as status, 'US' as country, {begin} as created_at
            from range(1, {size.vendors + 1}) as t (i)""",
    )
    yield (
        "categories",
        """select i as category_id, case when i > 20 then 1 + i % 20 end as parent_id,
           'Category ' || i as name from range(1, 401) as t (i)""",
    )
    yield (
        "products",
        f"""select i as product_id, 21 + hash(i) % 380 as category_id, 'Product ' || i as title,
            {begin} as created_at from range(1, {offers + 1}) as t (i)""",
    )
    yield (
        "offers",
        f"""select i as offer_id, i as product_id, 1 + (i - 1) // {OFFERS_PER_VENDOR} as vendor_id,
            'sku-' || i as sku, 500 + hash(i) % 9500 as price_cents, 'active' as status,
            1 as version, {begin} as created_at from range(1, {offers + 1}) as t (i)""",
    )
    yield (
        "stock_moves",
        f"""select i as stock_move_id, 1 + (i - 1) % {offers} as offer_id,
            if(i <= {offers}, 'opened', 'corrected') as kind,
            case when i <= {offers} then 20 when hash(i) % 3 = 0 then -20 else 5 end
                as available_units,
            0 as held_units, 0 as sold_units,
            {begin} + to_seconds({second} * i / {2 * offers}) as occurred_at
            from range(1, {2 * offers + 1}) as t (i)""",
    )
    yield (
        "stock",
        """select offer_id, sum(available_units) as received_units,
           sum(available_units) as available_units, 0 as held_units, 0 as sold_units,
           5 as low_stock_threshold, 1 as version from source.stock_moves group by offer_id""",
    )
    yield (
        "order_lines",
        f"""with numbered as (
                select i as line_id,
                    if(i <= {size.vendor_orders}, i, (i - {size.vendor_orders}) * 5)
                        as vendor_order_id
                from range(1, {size.lines + 1}) as t (i)
            ), placed as (
                select *,
                    if(vendor_order_id <= {size.orders}, vendor_order_id,
                       (vendor_order_id - {size.orders}) * 4) as order_id,
                    {vendor.format("vendor_order_id * 7 + 1")} as vendor_id
                from numbered
            ), chosen as (
                select *, (vendor_id - 1) * {OFFERS_PER_VENDOR} + 1
                    + hash(line_id) % {OFFERS_PER_VENDOR} as offer_id
                from placed
            )
            select line_id, order_id, vendor_order_id, vendor_id, offer_id, offer_id as product_id,
                1 + hash(line_id + 3) % 3 as quantity,
                (500 + hash(offer_id) % 9500) * quantity as line_cents, 0 as shipping_cents,
                line_cents * 3 // 100 as commission_cents, line_cents * 29 // 1000
                    as processing_cents,
                0 as commission_tax_cents, 0 as withheld_tax_cents,
                {begin} + to_seconds({second} * order_id / {size.orders + 1}) as placed_at
            from chosen""",
    )
    end = f"timestamptz '{END:%Y-%m-%d %H:%M:%S+00}'"
    yield (
        "vendor_orders",
        f"""with sums as (
                select vendor_order_id, min(order_id) as order_id, min(vendor_id) as vendor_id,
                    sum(line_cents) as items_cents, sum(commission_cents) as commission_cents,
                    sum(processing_cents) as processing_cents, sum(quantity) as units,
                    min(placed_at) as placed_at
                from source.order_lines group by vendor_order_id
            ), handled as (
                select *, 1 + hash(order_id) % {shoppers} as shopper_pseudonym,
                    placed_at + to_seconds(600) as paid_at,
                    placed_at + interval 2 day as ship_by_at,
                    placed_at + to_hours(cast(6 + hash(vendor_order_id) % 48 as integer))
                        as would_ship_at
                from sums
            )
            select * exclude (would_ship_at),
                case when would_ship_at + interval 3 day < {end} then 'delivered'
                     when would_ship_at < {end} then 'shipped' else 'paid' end as status,
                0 as shipping_cents, 0 as commission_tax_cents, 0 as withheld_tax_cents,
                items_cents - commission_cents - processing_cents as net_cents,
                if(would_ship_at < {end}, would_ship_at, null) as shipped_at,
                if(would_ship_at + interval 3 day < {end}, would_ship_at + interval 3 day, null)
                    as delivered_at,
                cast(placed_at + interval 5 day as date) as deliver_by_date, 1 as version
            from handled""",
    )
    yield (
        "orders",
        """select order_id, min(shopper_pseudonym) as shopper_pseudonym, 'paid' as status,
           sum(items_cents) as items_cents, 0 as shipping_cents, sum(items_cents) as total_cents,
           'live' as source, min(placed_at) as placed_at, false as is_placed_at_estimated,
           min(paid_at) as paid_at, 0 as refunded_cents, 1 as version
           from source.vendor_orders group by order_id""",
    )
    yield (
        "payments",
        """select order_id as payment_id, order_id, 1 as hold_generation, 'succeeded' as status,
           total_cents as amount_cents, 'live' as source, placed_at as created_at,
           paid_at as succeeded_at, 1 as version from source.orders""",
    )
    yield (
        "refunds",
        """select order_id as refund_id, order_id, order_id as payment_id, 'refund' as origin,
           'succeeded' as status, 'shopper_request' as reason, total_cents as amount_cents,
           placed_at + interval 9 day as created_at, placed_at + interval 10 day as booked_at,
           1 as version from source.orders where order_id % 40 = 0""",
    )
    yield (
        "refund_lines",
        """select line_id as refund_line_id, order_id as refund_id, line_id, vendor_order_id,
           vendor_id, quantity, 0 as restocked_units, line_cents as items_cents,
           0 as shipping_cents, 0 as tax_cents, 0 as withheld_tax_cents, commission_cents,
           0 as commission_tax_cents, 0 as processing_cents,
           line_cents - commission_cents as vendor_cents
           from source.order_lines where order_id % 40 = 0""",
    )
    yield (
        "reviews",
        """select line_id as review_id, line_id, product_id, vendor_id, 1 as shopper_pseudonym,
           1 + hash(line_id) % 5 as stars, placed_at + interval 8 day as created_at
           from source.order_lines where line_id % 12 = 0""",
    )
    yield (
        "behaviour_events",
        f"""with numbered as (
                select i, i // {EVENTS_PER_SESSION} as visit, i % {EVENTS_PER_SESSION} as step
                from range({size.events}) as t (i)
            ), met as (
                select *, 1 + hash(visit) % {shoppers} as shopper_pseudonym,
                    {vendor.format("visit * 5 + step // 3")} as vendor_id,
                    {begin} + to_seconds({second} * visit * {EVENTS_PER_SESSION} / {size.events}
                                         + step * 20) as occurred_at
                from numbered
            )
            select printf('%08x-%04x-7000-8000-%012x', visit, step, hash(i) % 281474976710656)
                    as event_id,
                occurred_at, occurred_at as recorded_at,
                case when step = 0 then 'search' when step < 6 then 'impression'
                     when step < 8 then 'click' when step = 10 then 'cart' else 'view' end as type,
                shopper_pseudonym, 'visit-' || visit as session_id,
                if(step = 0, null, (vendor_id - 1) * {OFFERS_PER_VENDOR} + 1
                                   + hash(i) % {OFFERS_PER_VENDOR}) as offer_id,
                offer_id as product_id, if(step = 0, null, vendor_id) as vendor_id,
                if(step < 6, 'list-' || visit, null) as list_id,
                if(step = 0, 'word ' || hash(visit) % 5000, null) as query, 'live' as source
            from met""",
    )


def fill(connection: duckdb.DuckDBPyConnection, size: Size) -> Iterator[tuple[str, int]]:
    """Fill the source tables, all as of one load; yield each name with its rows."""
    selects = dict(tables(size))
    for table in TABLES:
        connection.sql(f"create or replace table {table.target} ({table.definition()})")
    done = []
    for name, select in selects.items():
        [(rows,)] = connection.sql(
            f"insert into source.{name} by name (select *, {LOADED} as row_version from ({select}))"
        ).fetchall()
        done.append((name, rows))
        yield name, rows
    enter(connection, 1, LOADED + 1, dict(done))


def change(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Let `rows` of the last weeks' vendor orders be shipped a little later, by another load."""
    connection.sql(f"""
        update source.vendor_orders
        set version = version + 1, row_version = {CHANGED},
            shipped_at = shipped_at + interval 1 hour
        where vendor_order_id in (
            select vendor_order_id from source.vendor_orders
            where placed_at > timestamptz '{END - timedelta(days=14):%Y-%m-%d %H:%M:%S+00}'
            order by hash(vendor_order_id) limit {rows})
    """)
    enter(connection, 2, CHANGED + 1, {"vendor_orders": rows})


def enter(
    connection: duckdb.DuckDBPyConnection, load_id: int, xmax: int, rows: dict[str, int]
) -> None:
    """Write the load down as `warehouse.load` does."""
    moment = Moment("bench", f"{xmax}:{xmax}:", 0, END)
    loads = [
        TableLoad(table, 1, rows.get(table.name, 0), 0, "0", None if load_id == 1 else [], 0.0)
        for table in TABLES
    ]
    with transaction(connection):
        ledger.record(
            connection,
            Load(load_id, moment, "USD", "America/New_York"),
            loads,
            is_full=load_id == 1,
            is_counted=True,
            seconds=0.0,
        )
