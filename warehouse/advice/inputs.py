"""What forecasts and insights are made of, read from the marts of the year that ended yesterday."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from warehouse import ledger
from warehouse.build import market_date
from warehouse.errors import MartsMissing

FOLDER = Path(__file__).parent
DAYS = 365


@dataclass(frozen=True)
class Inputs:
    """The marts' answers over `DAYS` whole days up to `last`; days count from `first`."""

    connection: duckdb.DuckDBPyConnection
    last: date
    time_zone: str

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> "Inputs":
        """Up to the last whole day with an order. Raises MartsMissing before the first build."""
        build = ledger.last_build(connection)
        if build is None:
            raise MartsMissing("nothing is built yet")
        loaded = ledger.load(connection, build.load_id)
        today = market_date(loaded)
        [(last,)] = connection.sql(
            "select max(order_date) from marts.vendor_orders where order_date < ?", params=[today]
        ).fetchall()
        return cls(connection, last or today - timedelta(days=1), loaded.time_zone)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=DAYS - 1)

    @cached_property
    def listings(self) -> pl.DataFrame:
        """offer_id, product_id, vendor_id, title, category, price_cents, available_units, …"""
        return self._ask("listings")

    @cached_property
    def sales(self) -> pl.DataFrame:
        """offer_id, day, units."""
        return self._ask("sales")

    @cached_property
    def spells(self) -> pl.DataFrame:
        """offer_id, begins, ends: without stock, in days."""
        return self._ask("spells")

    @cached_property
    def panel(self) -> pl.DataFrame:
        """offer_id, week, price_cents, units, days."""
        return self._ask("panel")

    @cached_property
    def service(self) -> pl.DataFrame:
        """vendor_id, due_orders, late_orders, waiting_orders, order_cents."""
        return self._ask("service")

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """vendor_id, product_id, title, other_title, price_cents, both_orders, lift, …"""
        return self._ask("pairs")

    def _ask(self, name: str) -> pl.DataFrame:
        sql = (FOLDER / f"{name}.sql").read_text()
        known = {"first": self.first, "last": self.last, "time_zone": self.time_zone}
        parameters = {key: value for key, value in known.items() if f"${key}" in sql}
        answer = self.connection.sql(sql, params=parameters)
        return pl.DataFrame(answer.to_arrow_table())
