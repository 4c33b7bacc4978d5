"""The totals that the Online Retail import must give, to the penny."""

from rynek.history.totals import Total

KNOWN_ROWS = 541_909

_LINES = "from order_lines join orders using (order_id) where orders.source = %(source)s"
_ADJUSTMENTS = "from adjustments where source = %(source)s"

TOTALS = (
    Total(
        "lines",
        "rows",
        f"select (select count(*) {_LINES}) + (select count(*) {_ADJUSTMENTS})",
        541_909,
    ),
    Total(
        "invoices",
        "rows",
        "select count(*) from (select source_ref from orders where source = %(source)s"
        f" union select split_part(source_ref, ':', 1) {_ADJUSTMENTS}) as invoices",
        25_900,
    ),
    Total(
        "customers",
        "rows",
        "select count(*) from shoppers where source = %(source)s"
        " and not starts_with(source_ref, 'invoice:')",
        4_372,
    ),
    Total(
        "stock codes",
        "rows",
        "select count(*) from offers join vendors using (vendor_id) where source = %(source)s",
        4_070,
    ),
    Total(
        "quantity × price, rounded per line",
        "cents",
        f"select (select sum(line_cents) {_LINES}) + (select sum(amount_cents) {_ADJUSTMENTS})",
        974_774_793,
    ),
    Total(
        "cancelled lines",
        "rows",
        f"select count(*) {_ADJUSTMENTS} and reason = 'cancellation'",
        9_288,
    ),
)
