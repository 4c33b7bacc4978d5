"""The metric registry: what each figure means, once, for the API, the pages, notebooks and docs.

Definitions follow the field: gross merchandise value is of items, before refunds, without shipping;
service metrics and their norms are those that large marketplaces hold their sellers to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from warehouse.metrics.measure import LIVE, Measure, Total

Unit = Literal["cents", "count", "ratio", "days"]
Scope = Literal["vendor", "market"]

VENDOR: frozenset[Scope] = frozenset({"vendor"})
MARKET: frozenset[Scope] = frozenset({"market"})
BOTH = VENDOR | MARKET


@dataclass(frozen=True, slots=True)
class Norm:
    """What a figure is held to."""

    kind: Literal["at_most", "at_least"]
    value: float

    def is_met(self, value: float) -> bool:
        return value <= self.value if self.kind == "at_most" else value >= self.value


@dataclass(frozen=True, slots=True)
class Metric:
    """A named figure with its definition; `denominator` is None where the figure is no ratio.

    is_share        the numerator counts some of what the denominator counts: it has an interval
    window_days     the figure is of so many days up to the end of the span, whatever its beginning
    maturity_days   so long after a day its figure may still change much
    is_per_day      the denominator is taken per day of the span
    market          numerator and denominator for the whole market, where other marts hold them
    """

    metric_id: str
    title: str
    meaning: str
    unit: Unit
    numerator: Total
    denominator: Total | None = None
    is_share: bool = False
    window_days: int | None = None
    maturity_days: int = 0
    is_per_day: bool = False
    norm: Norm | None = None
    scopes: frozenset[Scope] = BOTH
    market: tuple[Total, Total | None] | None = None
    owner: str = "team:data"

    def parts(self, scope: Scope) -> tuple[Total, Total | None]:
        """Numerator and denominator for one vendor or the whole market."""
        if scope == "market" and self.market:
            return self.market
        return self.numerator, self.denominator

    def measures(self, scope: Scope) -> tuple[Measure, ...]:
        return tuple(m for total in self.parts(scope) if total for m in total.measures)

    @property
    def formula(self) -> str:
        """The definition in one line: what is added up, of which mart, dated by which day."""
        if self.denominator is None:
            return str(self.numerator)
        pace = " per day" if self.is_per_day else ""
        return f"({self.numerator}) ÷ ({self.denominator}){pace}"

    @property
    def is_live(self) -> bool:
        """Whether the live tail reaches it: all of it is of rows that facts replace."""
        return self.window_days is None and all(m.is_live for m in self.measures("vendor"))

    def value(self, numerator: int, denominator: int | None, days: int = 1) -> float | int | None:
        """The figure from its parts; None where the denominator is zero. Cents round half up."""
        if denominator is None:
            return numerator
        if not denominator:
            return None
        if self.unit == "cents":
            return (2 * numerator + denominator) // (2 * denominator)
        return numerator * (days if self.is_per_day else 1) / denominator


def _of(*plus: Measure, minus: tuple[Measure, ...] = ()) -> Total:
    return Total(plus, minus)


def _orders(aggregate: Literal["sum", "count_distinct"], column: str, where: str | None) -> Measure:
    return Measure(LIVE, "order_date", aggregate, column, where)


def _service(column: str) -> Measure:
    return Measure("service_daily", "service_date", "sum", column)


def _funnel(column: str) -> Measure:
    return Measure("funnel_daily", "session_date", "sum", column)


def _market(column: str) -> Measure:
    return Measure("operator_daily", "order_date", "sum", column)


def _stock(aggregate: Literal["closing", "over_days"], column: str) -> Measure:
    return Measure("stock_levels", "from_date", aggregate, column)


SALES = _orders("sum", "items_cents", "is_counted")
ORDERS = _orders("count_distinct", "order_id", "is_counted")
CUSTOMERS = _orders("count_distinct", "shopper_pseudonym", "is_counted")
UNITS = _orders("sum", "units", "is_counted")
PLACED = _orders("sum", "items_cents", None)
PAID = _orders("sum", "items_cents", "is_paid")
PAID_UNITS = _orders("sum", "units", "is_paid")
PAID_COMMISSION = _orders("sum", "commission_cents", "is_paid")
REFUNDED_OF_SALES = Measure("refunds", "sale_date", "sum", "items_cents", "is_booked")
REFUNDED_UNITS = Measure("refunds", "sale_date", "sum", "quantity", "is_booked")
REFUNDED = Measure("refunds", "refund_date", "sum", "items_cents", "is_booked")
LATE = _of(_service("shipped_late_orders"), _service("unshipped_orders"))
DUE = _of(_service("due_orders"))
AVAILABLE = _stock("closing", "available_units")


SALES_METRICS = (
    Metric(
        "gmv_placed",
        "GMV placed",
        "Items of every order placed, at the price of sale, paid or not.",
        "cents",
        _of(PLACED),
    ),
    Metric(
        "gmv_paid",
        "GMV paid",
        "Items of every order paid, before refunds, without shipping.",
        "cents",
        _of(PAID),
    ),
    Metric(
        "revenue",
        "Revenue",
        "Items sold at the price of sale, before fees and without shipping.",
        "cents",
        _of(SALES),
    ),
    Metric(
        "net_sales_by_sale",
        "Net sales, refunds by sale",
        "GMV paid less what was given back of it, whenever that was.",
        "cents",
        _of(PAID, minus=(REFUNDED_OF_SALES,)),
        maturity_days=30,
    ),
    Metric(
        "net_sales_by_refund",
        "Net sales, refunds by refund",
        "GMV paid less what was given back in the same days, whenever it was sold.",
        "cents",
        _of(PAID, minus=(REFUNDED,)),
    ),
    Metric("orders", "Orders", "Paid orders that hold at least one item.", "count", _of(ORDERS)),
    Metric(
        "customers", "Customers", "Different shoppers among these orders.", "count", _of(CUSTOMERS)
    ),
    Metric(
        "average_order_value",
        "Average order value",
        "Revenue divided by orders.",
        "cents",
        _of(SALES),
        _of(ORDERS),
    ),
    Metric("units", "Units sold", "Pieces in these orders.", "count", _of(UNITS)),
    Metric(
        "units_per_order",
        "Units per order",
        "Units divided by orders.",
        "ratio",
        _of(UNITS),
        _of(ORDERS),
    ),
    Metric(
        "shipping",
        "Shipping charged",
        "Shipping that shoppers paid on these orders.",
        "cents",
        _of(_orders("sum", "shipping_cents", "is_counted")),
    ),
    Metric(
        "commission",
        "Commission",
        "Commission frozen on the lines at sale.",
        "cents",
        _of(_orders("sum", "commission_cents", "is_counted")),
    ),
    Metric(
        "net_earnings",
        "Net earnings",
        "Revenue and shipping less the platform's fees and taxes kept back.",
        "cents",
        _of(_orders("sum", "net_cents", "is_counted")),
    ),
    Metric(
        "take_rate",
        "Take rate",
        "Commission as a part of GMV paid.",
        "ratio",
        _of(PAID_COMMISSION),
        _of(PAID),
    ),
    Metric(
        "repeat_rate",
        "Repeat rate",
        "Orders by shoppers who had bought from the vendor before.",
        "ratio",
        _of(Measure("vendor_daily", "order_date", "sum", "repeat_orders")),
        _of(Measure("vendor_daily", "order_date", "sum", "orders")),
        is_share=True,
        scopes=VENDOR,
    ),
    Metric(
        "return_rate",
        "Return rate",
        "Units given back of those sold in these days.",
        "ratio",
        _of(REFUNDED_UNITS),
        _of(PAID_UNITS),
        is_share=True,
        maturity_days=30,
    ),
)

SERVICE_METRICS = (
    Metric(
        "cancellation_rate",
        "Cancellation rate",
        "Paid orders that the vendor cancelled or did not ship.",
        "ratio",
        _of(_service("cancelled_by_vendor_orders")),
        _of(_service("paid_orders")),
        is_share=True,
        maturity_days=7,
        norm=Norm("at_most", 0.025),
    ),
    *(
        Metric(
            f"late_shipment_{days}d",
            f"Late shipment, {days} days",
            f"Orders to be shipped in the last {days} days that were shipped late or not at all.",
            "ratio",
            LATE,
            DUE,
            is_share=True,
            window_days=days,
            maturity_days=1,
            norm=Norm("at_most", 0.04),
        )
        for days in (10, 30)
    ),
    Metric(
        "on_time_delivery",
        "On-time delivery",
        "Orders that arrived by the day that was promised.",
        "ratio",
        _of(_service("on_time_orders")),
        _of(_service("promised_orders")),
        is_share=True,
        maturity_days=1,
        norm=Norm("at_least", 0.9),
    ),
    Metric(
        "defect_rate",
        "Defect rate, 60 days",
        "Paid orders disputed at the bank, reviewed with one or two stars, or cancelled by the"
        " vendor.",
        "ratio",
        _of(_service("defective_orders")),
        _of(_service("paid_orders")),
        is_share=True,
        window_days=60,
        maturity_days=30,
        norm=Norm("at_most", 0.01),
    ),
)

VISIT_METRICS = (
    Metric(
        "sessions",
        "Sessions",
        "Visits that met an offer; 30 minutes of rest or midnight end one.",
        "count",
        _of(_funnel("sessions")),
        market=(_of(_market("sessions")), None),
    ),
    Metric(
        "conversion",
        "Conversion",
        "Sessions in which an order was placed and paid.",
        "ratio",
        _of(_funnel("order_sessions")),
        _of(_funnel("sessions")),
        is_share=True,
        maturity_days=1,
        market=(_of(_market("ordering_sessions")), _of(_market("sessions"))),
    ),
    Metric(
        "view_rate",
        "Impression to view",
        "Sessions that looked at an offer, of those that met one.",
        "ratio",
        _of(_funnel("view_sessions")),
        _of(_funnel("sessions")),
        is_share=True,
        market=(_of(_market("viewing_sessions")), _of(_market("sessions"))),
    ),
    Metric(
        "cart_rate",
        "View to cart",
        "Carting sessions to each viewing session.",
        "ratio",
        _of(_funnel("cart_sessions")),
        _of(_funnel("view_sessions")),
        market=(_of(_market("carting_sessions")), _of(_market("viewing_sessions"))),
    ),
)

STOCK_METRICS = (
    Metric(
        "stock_out_rate",
        "Stock-out rate",
        "Days on which an offer ended without a unit, of all days on which one was listed.",
        "ratio",
        _of(_stock("over_days", "out_offers")),
        _of(_stock("over_days", "listed_offers")),
        is_share=True,
    ),
    Metric(
        "sell_through",
        "Sell-through",
        "Units sold, of these and those that lay there at the end.",
        "ratio",
        _of(UNITS),
        _of(UNITS, AVAILABLE),
        is_share=True,
    ),
    Metric(
        "days_of_cover",
        "Days of cover",
        "How long the units at the end last at the pace of these days.",
        "days",
        _of(AVAILABLE),
        _of(UNITS),
        is_per_day=True,
    ),
)

MARKET_METRICS = (
    Metric(
        "active_vendors",
        "Active vendors",
        "Vendors with at least one paid order.",
        "count",
        _of(_orders("count_distinct", "vendor_id", "is_counted")),
        scopes=MARKET,
    ),
    Metric(
        "payment_success",
        "Payment success",
        "Payments that succeeded, of all that came to an end.",
        "ratio",
        _of(_market("succeeded_payments")),
        _of(_market("ended_payments")),
        is_share=True,
        maturity_days=1,
        scopes=MARKET,
    ),
)


def _by_id(metrics: Iterable[Metric]) -> dict[str, Metric]:
    return {metric.metric_id: metric for metric in metrics}


METRICS = _by_id(
    (*SALES_METRICS, *SERVICE_METRICS, *VISIT_METRICS, *STOCK_METRICS, *MARKET_METRICS)
)


def of_scope(scope: Scope) -> dict[str, Metric]:
    return _by_id(metric for metric in METRICS.values() if scope in metric.scopes)
