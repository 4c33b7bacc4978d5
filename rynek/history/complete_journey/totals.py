"""The totals that the Complete Journey import must give, to the cent."""

from rynek.history.totals import Total

KNOWN_ROWS = 1_469_307

_LINES = "from order_lines join orders using (order_id) where orders.source = %(source)s"
_VENDORS = "from vendors where source = %(source)s and source_ref <> 'unknown'"

TOTALS = (
    Total("lines", "rows", f"select count(*) {_LINES}", 1_469_307),
    Total("households", "rows", "select count(*) from shoppers where source = %(source)s", 2_469),
    Total("baskets", "rows", "select count(*) from orders where source = %(source)s", 155_848),
    Total("manufacturers", "rows", f"select count(*) {_VENDORS}", 6_471),
    Total(
        "manufacturers sold",
        "rows",
        f"select count(*) {_VENDORS} and exists"
        " (select from vendor_orders where vendor_orders.vendor_id = vendors.vendor_id)",
        5_309,
    ),
    Total("sales", "cents", f"select sum(line_cents) {_LINES}", 459_603_958),
    Total("lines of quantity 0", "rows", f"select count(*) {_LINES} and quantity = 0", 8_869),
)
