"""A small market, published by hand: contract 3's tables as a snapshot that serving can open."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from warehouse import manifest
from warehouse.graph import FOLDER
from warehouse.manifest import Manifest, MartsFile, PostgresMoment
from warehouse.snapshot import sha256

IDENTITY = "7000000000000000001:1:16400"
COUNTED = ("paid", "shipped", "delivered")
COMMISSION_RATE, PROCESSING_RATE = 300, 290

DERIVED = """
create table product_daily as
select
    product_id, vendor_id, order_date,
    count(distinct vendor_order_id) as orders,
    sum(quantity)::bigint as units,
    sum(line_cents)::bigint as sales_cents,
    10::bigint as views, 4::bigint as clicks, 2::bigint as carts
from lines where is_counted group by all;
create table recent_order_items as
select
    vendor_id, vendor_order_id, line_id, offer_id, product_id, title, sku, quantity, line_cents
from lines;
create table if not exists benchmarks (
    period_date date, metric_id varchar, cohort varchar, level varchar, category varchar,
    price_from_cents bigint, price_below_cents bigint, orders_from bigint, orders_below bigint,
    owners_at_least integer, step double, lower_quartile double, median double,
    upper_quartile double, mean double);
create table if not exists benchmark_placements (
    period_date date, metric_id varchar, vendor_id bigint, numerator bigint, denominator bigint,
    value double, cohort varchar);
create table if not exists forecasts (
    offer_id bigint, product_id bigint, vendor_id bigint, first_date date,
    demand_class varchar, method varchar, weekday_units double[], level_variance double,
    dispersion double, month_units double, month_low bigint, month_median bigint,
    month_high bigint, available_units bigint, days_of_cover double, lead_days integer,
    service_level double, reorder_point bigint, order_units bigint, closed_days double,
    lost_units double, lost_low bigint, lost_high bigint);
create table if not exists insights (
    vendor_id bigint, kind varchar, offer_id bigint, product_id bigint, what varchar,
    why varchar, action varchar, effect_cents bigint, effect_low_cents bigint,
    effect_high_cents bigint, confidence varchar, rank integer, advised_date date);
create table order_lines as from lines;
create table interactions as
select product_id, vendor_id, 'impression' as type, rank, shown_at as occurred_at from impressions;
"""

DAILY_MARTS = (Path(__file__).parent / "daily_marts.sql").read_text()
# Built by their own SQL from what is above.
BUILT = ("cohorts", "rfm_segments", "listing_forecasts")

ADVICE = """
insert into forecasts
select
    offer_id, product_id, vendor_id, date '2026-11-22', 'intermittent', 'tsb',
    [0.5, 0.5, 0.5, 0.5, 0.5, 1.5, 1.5], 0.01, 1.5, 22.0, 12, 21, 35, available_units,
    available_units / 0.8, 7, 0.95, 11, 30, 0.0, 0.0, 0, 0
from offers where offer_status = 'active';
insert into insights
select
    vendor_id, 'restock', offer_id, product_id, '“' || title || '” runs out in about 12 days',
    '10 units left', 'Order 30 units', 12000, 2000, 25000, 'low', 1, date '2026-11-21'
from offers where offer_id = 2;
insert into insights
select
    1, 'service', null, null, 'Late shipments are close to the market''s norm',
    '5 of 100 orders', 'Ship the 2 orders that wait, in time', 4000, 4000, 4000, 'high', 2,
    date '2026-11-21';
"""

ORDER_SCHEMA = {
    "vendor_order_id": pl.Int64(),
    "order_id": pl.Int64(),
    "version": pl.Int64(),
    "vendor_id": pl.Int64(),
    "order_date": pl.Date(),
    "placed_at": pl.Datetime("us", "UTC"),
    "shopper_pseudonym": pl.Int64(),
    "status": pl.String(),
    "is_counted": pl.Boolean(),
    "is_paid": pl.Boolean(),
    "items_cents": pl.Int64(),
    "shipping_cents": pl.Int64(),
    "commission_cents": pl.Int64(),
    "processing_cents": pl.Int64(),
    "net_cents": pl.Int64(),
    "units": pl.Int64(),
}
LINE_SCHEMA = {
    "vendor_order_id": pl.Int64(),
    "line_id": pl.Int64(),
    "offer_id": pl.Int64(),
    "product_id": pl.Int64(),
    "vendor_id": pl.Int64(),
    "title": pl.String(),
    "sku": pl.String(),
    "quantity": pl.Int64(),
    "line_cents": pl.Int64(),
    "order_date": pl.Date(),
    "placed_at": pl.Datetime("us", "UTC"),
    "is_counted": pl.Boolean(),
}

IMPRESSION_SCHEMA = {
    "product_id": pl.Int64(),
    "vendor_id": pl.Int64(),
    "rank": pl.Int32(),
    "shown_at": pl.Datetime("us", "UTC"),
}

PUBLICATIONS = count(1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Market:
    """Vendors, offers and vendor orders; `publish` writes what is there now as a new snapshot."""

    folder: Path
    time_zone: str = "Europe/Warsaw"
    vendors: dict[int, dict[str, Any]] = field(default_factory=dict)
    offers: dict[int, dict[str, Any]] = field(default_factory=dict)
    vendor_orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    impressions: list[dict[str, Any]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    is_advised: bool = False
    benchmarks: str = ""
    lacking: tuple[str, ...] = ()
    """Tables that its release did not know yet."""

    def vendor(self, vendor_id: int, name: str = "", status: str = "active") -> None:
        name = name or f"Vendor {vendor_id}"
        self.vendors[vendor_id] = {"vendor_id": vendor_id, "name": name, "status": status}

    def offer(self, offer_id: int, vendor_id: int, **given: Any) -> None:
        product_id = given.pop("product_id", offer_id)
        defaults = {
            "sku": f"SKU-{offer_id}",
            "title": f"Product {product_id}",
            "brand": "Brand",
            "category": "Category",
            "image_url": None,
            "price_cents": 1_000,
            "offer_status": "active",
            "available_units": 10,
            "low_stock_threshold": 3,
            "stock_version": 1,
            "offer_version": 1,
        }
        ids = {"offer_id": offer_id, "product_id": product_id, "vendor_id": vendor_id}
        self.offers[offer_id] = ids | defaults | given

    def shown(self, shown_at: datetime, *offers: int) -> None:
        """A list that somebody saw, from its first place down."""
        for rank, offer_id in enumerate(offers, start=1):
            offer = self.offers[offer_id]
            ids = {"product_id": offer["product_id"], "vendor_id": offer["vendor_id"]}
            self.impressions.append(ids | {"rank": rank, "shown_at": shown_at})

    def order(
        self,
        vendor_id: int,
        placed_at: datetime,
        *offers: int,
        shopper: int = 1,
        status: str = "paid",
        quantity: int = 1,
    ) -> int:
        """A vendor order with one line per offer; returns its id."""
        vendor_order_id = next(self.numbers)
        lines = [self._line(offer_id, quantity) for offer_id in offers]
        items = sum(line["line_cents"] for line in lines)
        fees = (items + 490) * COMMISSION_RATE // 10_000, (items + 490) * PROCESSING_RATE // 10_000
        self.vendor_orders[vendor_order_id] = {
            "vendor_order_id": vendor_order_id,
            "order_id": vendor_order_id,
            "version": 1,
            "vendor_id": vendor_id,
            "shopper_pseudonym": shopper,
            "status": status,
            "placed_at": placed_at,
            "items_cents": items,
            "shipping_cents": 490,
            "commission_cents": fees[0],
            "processing_cents": fees[1],
            "net_cents": items + 490 - sum(fees),
            "units": quantity * len(lines),
            "lines": lines,
        }
        return vendor_order_id

    def move(self, vendor_order_id: int, status: str) -> None:
        order = self.vendor_orders[vendor_order_id]
        self.vendor_orders[vendor_order_id] = order | {
            "status": status,
            "version": order["version"] + 1,
        }

    def publish(self, snapshot: str = "100:100:", position: int = 0, **given: Any) -> Manifest:
        """Writes the marts file and moves the pointer to it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = next(PUBLICATIONS)
        path = self.folder / f"marts-{number:06d}.duckdb"
        self._write(path)
        published = Manifest(
            snapshot_id=f"20261122T{number:06d}Z-test",
            build=str(number),
            built_at=datetime.now(UTC),
            data_through=given.pop("data_through", at("2026-11-22T12:00:00")),
            currency="EUR",
            time_zone=self.time_zone,
            duckdb_version=duckdb.__version__,
            postgres=PostgresMoment(given.pop("identity", IDENTITY), snapshot, position),
            marts=MartsFile(path.name, sha256(path), path.stat().st_size),
            parquet={"order_lines": (), "interactions": ()},
            checks=(),
        )
        manifest.keep(self.folder, published)
        manifest.point_at(self.folder, published)
        return published

    def _line(self, offer_id: int, quantity: int) -> dict[str, Any]:
        offer = self.offers[offer_id]
        return {
            "line_id": next(self.numbers),
            "offer_id": offer_id,
            "product_id": offer["product_id"],
            "title": offer["title"],
            "sku": offer["sku"],
            "quantity": quantity,
            "line_cents": quantity * offer["price_cents"],
        }

    def _write(self, path: Path) -> None:
        zone = ZoneInfo(self.time_zone)
        orders = [
            {key: value for key, value in order.items() if key != "lines"}
            | {
                "order_date": order["placed_at"].astimezone(zone).date(),
                "is_counted": order["status"] in COUNTED,
                "is_paid": order["status"] in COUNTED,
            }
            for order in self.vendor_orders.values()
        ]
        lines = [
            line | {key: order[key] for key in LINE_SCHEMA.keys() & order.keys()}
            for order, whole in zip(orders, self.vendor_orders.values(), strict=True)
            for line in whole["lines"]
        ]
        status = {vendor_id: vendor["status"] for vendor_id, vendor in self.vendors.items()}
        offers = [
            offer | {"vendor_status": status[offer["vendor_id"]]} for offer in self.offers.values()
        ]
        with duckdb.connect(str(path)) as connection:
            for name, frame in {
                "vendor_orders": pl.DataFrame(orders, ORDER_SCHEMA),
                "vendors": pl.DataFrame(list(self.vendors.values())),
                "offers": pl.DataFrame(offers, schema_overrides={"image_url": pl.String()}),
                "lines": pl.DataFrame(lines, LINE_SCHEMA),
                "impressions": pl.DataFrame(self.impressions, IMPRESSION_SCHEMA),
            }.items():
                connection.register("frame", frame.to_arrow())
                connection.execute(f"create table {name} as select * from frame")
            connection.execute(DERIVED)
            connection.execute(DAILY_MARTS)
            if self.benchmarks:
                connection.execute(self.benchmarks)
            if self.is_advised:
                connection.execute(ADVICE)
            for mart in BUILT:
                sql = (FOLDER / "marts" / f"{mart}.sql").read_text().replace("marts.", "")
                connection.execute(f"create table {mart} as {sql}")
            for table in ("forecasts", *self.lacking):
                connection.execute(f"drop table {table}")
