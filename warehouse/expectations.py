"""What Great Expectations judges: aggregates of the marts and their published columns.

Row by row the SQL checks are the judges; these suites look at small frames. Importing Great
Expectations takes longer than a whole load, so it lives in a process of its own (`judging.py`) that
starts while the marts are still being built.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Self

import duckdb

from warehouse.errors import ChecksMissing
from warehouse.manifest import CheckResult

# The judge needs ten seconds of CPU, nearly all for its imports. Shared by a dozen others a machine
# gives it that in two minutes, and the run would fail for nothing: this is to end one that hangs.
JUDGE_SECONDS = 600.0

STATUSES = ["pending_payment", "paid", "shipped", "delivered", "cancelled"]

# Contract 3, as published: readers may rely on these names and types.
COLUMNS = {
    "vendor_orders": """vendor_order_id bigint, order_id bigint, version bigint, vendor_id bigint,
        order_date date, placed_at timestamptz, shopper_pseudonym bigint, status varchar,
        is_counted boolean, items_cents bigint, shipping_cents bigint, commission_cents bigint,
        processing_cents bigint, commission_tax_cents bigint, withheld_tax_cents bigint,
        net_cents bigint, units bigint, is_paid boolean""",
    "vendor_daily": """vendor_id bigint, order_date date, orders bigint, customers bigint,
        units bigint, sales_cents bigint, shipping_cents bigint, commission_cents bigint,
        processing_cents bigint, net_cents bigint, placed_orders bigint, placed_cents bigint,
        paid_orders bigint, paid_cents bigint, repeat_orders bigint, refunded_of_sales_cents bigint,
        refunded_of_sales_units bigint, refunded_cents bigint""",
    "product_daily": """product_id bigint, vendor_id bigint, order_date date, orders bigint,
        units bigint, sales_cents bigint, views bigint, clicks bigint, carts bigint""",
    "offers": """offer_id bigint, product_id bigint, vendor_id bigint, sku varchar, title varchar,
        brand varchar, category varchar, image_url varchar, price_cents bigint,
        offer_status varchar, vendor_status varchar, available_units bigint,
        low_stock_threshold bigint, stock_version bigint, offer_version bigint""",
    "order_lines": """line_id bigint, order_id bigint, vendor_order_id bigint, vendor_id bigint,
        offer_id bigint, product_id bigint, shopper_pseudonym bigint, order_date date,
        placed_at timestamptz, quantity bigint, line_cents bigint, shipping_cents bigint,
        commission_cents bigint, processing_cents bigint, is_counted boolean""",
    "interactions": """shopper_pseudonym bigint, product_id bigint, offer_id bigint,
        vendor_id bigint, type varchar, occurred_at timestamptz, quantity bigint, list_id varchar,
        rank integer, session_id varchar""",
}

DAILY = """
    select cast(order_date as varchar) as order_date, sum(orders)::bigint as orders,
           sum(customers)::bigint as customers, sum(units)::bigint as units,
           sum(sales_cents)::bigint as sales_cents,
           sum(sales_cents + shipping_cents)::bigint as charged_cents,
           sum(net_cents)::bigint as net_cents
    from marts.vendor_daily group by order_date order by order_date
"""

SHAPES = """
    select table_name || ': ' || string_agg(column_name || ' ' || data_type, ', '
                                            order by column_index) as shape
    from duckdb_columns()
    where schema_name = 'marts' and table_name in ({marts})
    group by table_name
"""


@dataclass(frozen=True)
class Suite:
    """One small frame and what is expected of it, in Great Expectations' own words."""

    name: str
    about: str
    rule: str
    sql: str
    expectations: tuple[dict[str, Any], ...]


def expect(kind: str, **options: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": options}


def suites() -> tuple[Suite, ...]:
    return (
        Suite(
            "daily_totals_are_plausible",
            "marts.vendor_daily",
            "a day's customers are at most its orders, its net at most what was charged",
            DAILY,
            (
                expect("column_values_to_be_unique", column="order_date"),
                expect("column_values_to_be_between", column="sales_cents", min_value=0),
                _at_least("orders", "customers"),
                _at_least("charged_cents", "net_cents"),
            ),
        ),
        Suite(
            "statuses_are_known",
            "marts.vendor_orders",
            "a vendor order is in a state that readers know",
            "select status, count(*) as vendor_orders from marts.vendor_orders group by status",
            (expect("column_values_to_be_in_set", column="status", value_set=STATUSES),),
        ),
        Suite(
            "columns_keep_their_contract",
            "marts.interactions",
            "the published marts have the columns that readers rely on",
            SHAPES.format(marts=", ".join(f"'{mart}'" for mart in COLUMNS)),
            (
                expect("table_row_count_to_equal", value=len(COLUMNS)),
                expect("column_values_to_be_in_set", column="shape", value_set=_shapes()),
            ),
        ),
    )


def _at_least(larger: str, smaller: str) -> dict[str, Any]:
    return expect(
        "column_pair_values_a_to_be_greater_than_b",
        column_A=larger,
        column_B=smaller,
        or_equal=True,
    )


def _shapes() -> list[str]:
    spelt = {"timestamptz": "TIMESTAMP WITH TIME ZONE"}
    return [
        f"{mart}: "
        + ", ".join(
            f"{name} {spelt.get(kind, kind.upper())}"
            for name, kind in (column.split() for column in columns.split(","))
        )
        for mart, columns in COLUMNS.items()
    ]


def frames(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, list[Any]]]:
    """Return each suite's frame as columns of plain values."""
    return {
        suite.name: connection.sql(suite.sql).to_arrow_table().to_pydict() for suite in suites()
    }


class Judge:
    """Great Expectations in a process of its own: `warm` starts it, `verdicts` asks it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    @property
    def is_idle(self) -> bool:
        return self._process is None

    def warm(self) -> None:
        """Start the process now, so that its imports run beside other work."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "warehouse.judging"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"GX_ANALYTICS_ENABLED": "false"},
            )

    def verdicts(self, frames: dict[str, dict[str, list[Any]]]) -> list[CheckResult]:
        """Judge every suite on its frame. Raises ChecksMissing when the judge fails to answer."""
        self.warm()
        assert self._process is not None
        question = [
            {"name": suite.name, "frame": frames[suite.name], "expectations": suite.expectations}
            for suite in suites()
        ]
        try:
            answer, complaint = self._process.communicate(json.dumps(question), JUDGE_SECONDS)
        except subprocess.TimeoutExpired:
            raise ChecksMissing(f"no verdict within {JUDGE_SECONDS:.0f} s") from None
        if self._process.returncode:
            raise ChecksMissing(complaint.strip().splitlines()[-1])
        self._process = None
        return [CheckResult(**verdict) for verdict in json.loads(answer)]
