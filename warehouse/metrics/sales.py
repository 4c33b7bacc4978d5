"""What was sold, what of it was kept, and to whom.

Gross merchandise value is of items, before refunds, without shipping.
"""

from typing import Literal

from warehouse.metrics.measure import LIVE, Measure, Total
from warehouse.metrics.metric import VENDOR, Metric


def orders(
    aggregate: Literal["sum", "count", "count_distinct"], column: str, where: str | None
) -> Measure:
    return Measure(LIVE, "order_date", aggregate, column, where)


def counted(column: str) -> Measure:
    return orders("sum", column, "is_counted")


SALES = counted("items_cents")
# An order is shared by its vendors and has one part of each.
ORDERS = orders("count", "vendor_order_id", "is_counted")
MARKET_ORDERS = orders("count_distinct", "order_id", "is_counted")
CUSTOMERS = orders("count_distinct", "shopper_pseudonym", "is_counted")
UNITS = counted("units")
PLACED = orders("sum", "items_cents", None)
PAID = orders("sum", "items_cents", "is_paid")
PAID_UNITS = orders("sum", "units", "is_paid")
PAID_COMMISSION = orders("sum", "commission_cents", "is_paid")
REFUNDED_OF_SALES = Measure("refunds", "sale_date", "sum", "items_cents", "is_booked")
REFUNDED_UNITS = Measure("refunds", "sale_date", "sum", "quantity", "is_booked")
REFUNDED = Measure("refunds", "refund_date", "sum", "items_cents", "is_booked")


SALES_METRICS = (
    Metric(
        "gmv_placed",
        "GMV placed",
        "Items of every order placed, at the price of sale, paid or not.",
        "cents",
        Total.of(PLACED),
    ),
    Metric(
        "gmv_paid",
        "GMV paid",
        "Items of every order paid, before refunds, without shipping.",
        "cents",
        Total.of(PAID),
    ),
    Metric(
        "revenue",
        "Revenue",
        "Items sold at the price of sale, before fees and without shipping.",
        "cents",
        Total.of(SALES),
    ),
    Metric(
        "sales_growth",
        "Sales growth index",
        "Revenue beside that of as many days directly before; 100 % is as much.",
        "ratio",
        Total.of(SALES),
        Total.of(SALES),
        window_days=28,
        is_growth=True,
    ),
    Metric(
        "net_sales_by_sale",
        "Net sales, refunds by sale",
        "GMV paid less what was given back of it, whenever that was.",
        "cents",
        Total.of(PAID, minus=(REFUNDED_OF_SALES,)),
        maturity_days=30,
    ),
    Metric(
        "net_sales_by_refund",
        "Net sales, refunds by refund",
        "GMV paid less what was given back in the same days, whenever it was sold.",
        "cents",
        Total.of(PAID, minus=(REFUNDED,)),
    ),
    Metric(
        "orders",
        "Orders",
        "Paid orders that hold at least one item.",
        "count",
        Total.of(ORDERS),
        market=(Total.of(MARKET_ORDERS), None),
    ),
    Metric(
        "customers",
        "Customers",
        "Different shoppers among these orders.",
        "count",
        Total.of(CUSTOMERS),
    ),
    Metric(
        "average_order_value",
        "Average order value",
        "Revenue divided by orders.",
        "cents",
        Total.of(SALES),
        Total.of(ORDERS),
        market=(Total.of(SALES), Total.of(MARKET_ORDERS)),
    ),
    Metric("units", "Units sold", "Pieces in these orders.", "count", Total.of(UNITS)),
    Metric(
        "units_per_order",
        "Units per order",
        "Units divided by orders.",
        "count",
        Total.of(UNITS),
        Total.of(ORDERS),
        market=(Total.of(UNITS), Total.of(MARKET_ORDERS)),
    ),
    Metric(
        "shipping",
        "Shipping charged",
        "Shipping that shoppers paid on these orders.",
        "cents",
        Total.of(counted("shipping_cents")),
        better="neither",
    ),
    Metric(
        "commission",
        "Commission",
        "Commission frozen on the lines at sale.",
        "cents",
        Total.of(counted("commission_cents")),
        better="neither",
    ),
    Metric(
        "net_earnings",
        "Net earnings",
        "Revenue and shipping less the platform's fees and taxes kept back.",
        "cents",
        Total.of(counted("net_cents")),
    ),
    Metric(
        "take_rate",
        "Take rate",
        "Commission as a part of GMV paid.",
        "ratio",
        Total.of(PAID_COMMISSION),
        Total.of(PAID),
        better="neither",
    ),
    Metric(
        "repeat_rate",
        "Repeat rate",
        "Orders by shoppers who had bought from the vendor before.",
        "ratio",
        Total.of(Measure("vendor_daily", "order_date", "sum", "repeat_orders")),
        Total.of(Measure("vendor_daily", "order_date", "sum", "orders")),
        is_share=True,
        scopes=VENDOR,
    ),
    Metric(
        "return_rate",
        "Return rate",
        "Units given back of those sold in these days.",
        "ratio",
        Total.of(REFUNDED_UNITS),
        Total.of(PAID_UNITS),
        is_share=True,
        maturity_days=30,
        better="less",
    ),
)
