"""From a visit to an order, step by step."""

from warehouse.metrics.market import day as market_day
from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.metric import Metric


def day(column: str) -> Measure:
    return Measure("funnel_daily", "session_date", "sum", column)


VISIT_METRICS = (
    Metric(
        "sessions",
        "Sessions",
        "Visits that met an offer; 30 minutes of rest or midnight end one.",
        "count",
        Total.of(day("sessions")),
        market=(Total.of(market_day("sessions")), None),
    ),
    Metric(
        "conversion",
        "Conversion",
        "Sessions in which an order was placed and paid.",
        "ratio",
        Total.of(day("order_sessions")),
        Total.of(day("sessions")),
        is_share=True,
        maturity_days=1,
        market=(Total.of(market_day("ordering_sessions")), Total.of(market_day("sessions"))),
    ),
    Metric(
        "view_rate",
        "Impression to view",
        "Sessions that looked at an offer, of those that met one.",
        "ratio",
        Total.of(day("view_sessions")),
        Total.of(day("sessions")),
        is_share=True,
        market=(Total.of(market_day("viewing_sessions")), Total.of(market_day("sessions"))),
    ),
    Metric(
        "cart_rate",
        "View to cart",
        "Carting sessions to each viewing session.",
        "ratio",
        Total.of(day("cart_sessions")),
        Total.of(day("view_sessions")),
        market=(Total.of(market_day("carting_sessions")), Total.of(market_day("viewing_sessions"))),
    ),
)
