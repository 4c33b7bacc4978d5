"""The totals that the Olist import must give, to the cent."""

from rynek.history.totals import Total

# Files of this many rows are the set that the totals are known of.
KNOWN_ROWS = {"items": 112_650, "payments": 103_886, "orders": 27_245, "products": 32_951}

_ORDERS = "from orders where orders.source = %(source)s"
_LINES = "from order_lines join orders using (order_id) where orders.source = %(source)s"
_PAYMENTS = "from payments join orders using (order_id) where orders.source = %(source)s"
_HAS_LINES = "exists (select from order_lines where order_lines.order_id = orders.order_id)"
_HAS_PAYMENT = "exists (select from payments where payments.order_id = orders.order_id)"

TOTALS = (
    Total("orders with items", "rows", f"select count(*) {_ORDERS} and {_HAS_LINES}", 98_666),
    Total("items", "rows", f"select count(*) {_LINES}", 112_650),
    Total("sellers", "rows", "select count(*) from vendors where source = %(source)s", 3_095),
    Total("products", "rows", "select count(*) from products where source = %(source)s", 32_951),
    Total("item prices", "cents", f"select sum(line_cents) {_LINES}", 1_359_164_370),
    Total("freight", "cents", f"select sum(order_lines.shipping_cents) {_LINES}", 225_190_954),
    Total("payments", "cents", f"select sum(amount_cents) {_PAYMENTS}", 1_600_887_212),
    Total(
        "paid orders without items",
        "rows",
        f"select count(*) {_ORDERS} and {_HAS_PAYMENT} and not {_HAS_LINES}",
        775,
    ),
    Total(
        "paid for orders without items",
        "cents",
        f"select sum(amount_cents) {_PAYMENTS} and not {_HAS_LINES}",
        16_259_195,
    ),
    Total(
        "orders whose payment differs",
        "rows",
        f"select count(*) {_PAYMENTS} and {_HAS_LINES} and amount_cents <> total_cents",
        576,
    ),
    Total(
        "unpaid orders",
        "rows",
        f"select count(*) {_ORDERS} and {_HAS_LINES} and not {_HAS_PAYMENT}",
        1,
    ),
)
