"""How a vendor treats its shoppers, beside the norms that large marketplaces hold sellers to."""

from warehouse.metrics.measure import Measure, Total
from warehouse.metrics.metric import Metric, Norm


def day(column: str) -> Measure:
    return Measure("service_daily", "service_date", "sum", column)


LATE = Total.of(day("shipped_late_orders"), day("unshipped_orders"))
DUE = Total.of(day("due_orders"))

SERVICE_METRICS = (
    Metric(
        "cancellation_rate",
        "Cancellation rate",
        "Paid orders that the vendor cancelled or did not ship.",
        "ratio",
        Total.of(day("cancelled_by_vendor_orders")),
        Total.of(day("paid_orders")),
        is_share=True,
        maturity_days=7,
        norm=Norm("at_most", 0.025),
        better="less",
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
            better="less",
        )
        for days in (10, 30)
    ),
    Metric(
        "on_time_delivery",
        "On-time delivery",
        "Orders that arrived by the day that was promised.",
        "ratio",
        Total.of(day("on_time_orders")),
        Total.of(day("promised_orders")),
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
        Total.of(day("defective_orders")),
        Total.of(day("paid_orders")),
        is_share=True,
        window_days=60,
        maturity_days=30,
        norm=Norm("at_most", 0.01),
        better="less",
    ),
)
