"""The registry's figures of two public data sets, to the cent, beside SQL that anyone can run.

The SQL reads the sets' own Parquet files and knows nothing of the marts; its answers are kept here
too, so that a change on either side shows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest
from rich.console import Console

from rynek.history import import_dataset
from tests.conftest import Databases
from tests.warehouse.steps import load_and_build
from warehouse import store
from warehouse.metrics import METRICS
from warehouse.metrics.evaluation import Extent, figures
from warehouse.metrics.figure import Days

ALWAYS = Days(date(2000, 1, 1), date(2026, 1, 1))


@dataclass(frozen=True)
class Golden:
    """By metric: the value, and SQL over the data set's folder that gives it."""

    folder: str
    wanted: dict[str, int]
    by_hand: dict[str, str]


SOLD = """from '{folder}/order_items.parquet' where order_id not in (
          select order_id from '{folder}/orders_partial.parquet'
          where order_status in ('canceled', 'unavailable'))"""
INVOICED = """from '{folder}/online_retail.parquet'
              where InvoiceNo not like 'C%' and InvoiceNo not like 'A%'
              and not (UnitPrice = 0 and CustomerID is null)"""

GOLDEN = {
    "olist": Golden(
        "olist",
        {
            "gmv_placed": 1_359_164_370,
            "revenue": 1_349_440_074,
            "shipping": 224_112_629,
            "orders": 98_199,
            "units": 112_101,
            "active_vendors": 3_053,
        },
        {
            "gmv_placed": "select 100 * sum(price) from '{folder}/order_items.parquet'",
            "revenue": f"select 100 * sum(price) {SOLD}",
            "shipping": f"select 100 * sum(freight_value) {SOLD}",
            "orders": f"select count(distinct order_id) {SOLD}",
            "units": f"select count(*) {SOLD}",
            "active_vendors": f"select count(distinct seller_id) {SOLD}",
        },
    ),
    "online-retail": Golden(
        "online_retail",
        {"gmv_placed": 1_065_562_248, "revenue": 1_065_562_248, "orders": 19_963},
        {
            "revenue": f"select sum(round(100 * Quantity * UnitPrice)) {INVOICED}",
            "orders": f"select count(distinct InvoiceNo) {INVOICED}",
        },
    ),
}


@contextmanager
def imported(
    name: str, folder: Path, databases: Databases, template: str, home: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of a data set."""
    with databases.fresh(template) as address, store.opened(home) as warehouse:
        import_dataset(name, folder, address, Console(file=StringIO()))
        database = urlsplit(address).path.lstrip("/")
        load_and_build(
            warehouse, databases.address(databases.addresses.pipeline_database_url, database)
        )
        warehouse.sql("set search_path = 'marts'")
        yield warehouse


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", GOLDEN)
def test_the_figures_of_a_public_data_set_are_those_of_its_files_to_the_cent(
    name: str,
    data_dir: Callable[[str], Path],
    databases: Databases,
    migrated_template: str,
    tmp_path: Path,
) -> None:
    golden = GOLDEN[name]
    folder = data_dir(golden.folder)
    for metric_id, sql in golden.by_hand.items():
        [(value,)] = duckdb.sql(sql.format(folder=folder)).fetchall()
        assert value == golden.wanted[metric_id], metric_id
    with imported(name, folder, databases, migrated_template, tmp_path) as warehouse:
        found = figures(
            lambda sql, given: warehouse.sql(sql, params=given).fetchall(),
            [METRICS[metric_id] for metric_id in golden.wanted],
            [ALWAYS],
            Extent(None, ALWAYS.last),
        )
    assert {metric_id: figure.value for metric_id, [figure] in found.items()} == golden.wanted
