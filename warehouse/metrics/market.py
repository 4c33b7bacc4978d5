"""What only whoever runs the market asks."""

from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.metric import MARKET, Metric
from warehouse.metrics.sales import orders


def day(column: str) -> Measure:
    return Measure("operator_daily", "order_date", "sum", column)


def lists(column: str) -> Measure:
    return Measure("list_daily", "event_date", "sum", column)


MARKET_METRICS = (
    Metric(
        "active_vendors",
        "Active vendors",
        "Vendors with at least one paid order.",
        "count",
        Total.of(orders("count_distinct", "vendor_id", "is_counted")),
        scopes=MARKET,
    ),
    Metric(
        "payment_success",
        "Payment success",
        "Payments that succeeded, of all that came to an end.",
        "ratio",
        Total.of(day("succeeded_payments")),
        Total.of(day("ended_payments")),
        is_share=True,
        maturity_days=1,
        scopes=MARKET,
    ),
    Metric(
        "search_click_rate",
        "Searches that led to a click",
        "Searches after which something in their answer was clicked on the same day.",
        "ratio",
        Total.of(lists("clicked_searches")),
        Total.of(lists("searches")),
        is_share=True,
        scopes=MARKET,
    ),
    Metric(
        "unanswered_rate",
        "Searches without an answer",
        "Searches that showed nothing.",
        "ratio",
        Total.of(lists("unanswered_searches")),
        Total.of(lists("searches")),
        is_share=True,
        better="less",
        scopes=MARKET,
    ),
    Metric(
        "recommendation_click_rate",
        "Recommendations that led to a click",
        "Lists shown without a search of which something was clicked on the same day.",
        "ratio",
        Total.of(lists("clicked_recommendations")),
        Total.of(lists("recommendations")),
        is_share=True,
        scopes=MARKET,
    ),
)
