"""What the Olist set lacks or holds untidily, counted."""

import polars as pl

from rynek.history.olist.orders import MEDIAN_SHIPPING_LAG_DAYS
from rynek.history.olist.tables import Tables
from rynek.history.reading import Filled

_HAS_ITEMS = pl.col("items").is_not_null()
_HAS_PAYMENT = pl.col("amount_cents").is_not_null()


def gaps(tables: Tables, orders: pl.DataFrame) -> tuple[Filled, ...]:
    """The account of the import, orders as `read_orders` gives them."""
    return (
        *_of_catalogue(tables),
        *_of_orders(orders),
        *_of_money(tables, orders),
        *_of_detail(tables, orders),
    )


def _of_catalogue(tables: Tables) -> list[Filled]:
    nameless = tables["sellers"].height + tables["products"].height
    return [
        Filled(
            "vendors and products without a name",
            nameless,
            "named by town or category and the first letters of their key",
        ),
        Filled(
            "products without a category",
            tables["products"]["product_category_name"].null_count(),
            "in no category",
        ),
    ]


def _of_orders(orders: pl.DataFrame) -> list[Filled]:
    return [
        Filled(
            "orders without a customer",
            orders["customer_unique_id"].null_count(),
            "each order is its own shopper",
        ),
        Filled(
            "orders without a purchase time",
            orders["purchased_at"].null_count(),
            f"shipping limit − {MEDIAN_SHIPPING_LAG_DAYS} days, marked is_placed_at_estimated",
        ),
        Filled(
            "orders without a status",
            orders["order_status"].null_count(),
            "delivered, at a time not known: the part of the orders given holds all others",
        ),
        Filled(
            "cancelled or unavailable orders with items",
            orders.filter(_HAS_ITEMS & (pl.col("status") == "cancelled")).height,
            "lines kept, not counted as sold; what was paid stands in import_difference",
        ),
    ]


def _of_money(tables: Tables, orders: pl.DataFrame) -> list[Filled]:
    itemless = orders.filter(~_HAS_ITEMS)
    itemless_money = (itemless["amount_cents"].sum() or 0) / 100
    return [
        Filled(
            "paid orders without items",
            itemless.height,
            f"cancelled; their {itemless_money:,.2f} BRL stand in import_difference",
        ),
        Filled(
            "orders paid another amount than items + freight",
            _differing(tables["items"], orders),
            "the difference stands in import_difference",
        ),
        Filled(
            "orders with items and no payment",
            orders.filter(_HAS_ITEMS & ~_HAS_PAYMENT).height,
            "sold; the missing money stands in import_difference",
        ),
    ]


def _of_detail(tables: Tables, orders: pl.DataFrame) -> list[Filled]:
    payments = tables["payments"]
    return [
        Filled(
            "payments of unknown orders",
            payments.join(orders, on="order_id", how="anti").height,
            "left out: not even a time is known",
        ),
        Filled("orders with several payments", _repeated(payments), "one payment of their sum"),
        Filled(
            "vendor orders of several products",
            _mixed(tables["items"]),
            "their freight is shared over the lines by worth, as at checkout",
        ),
    ]


def _differing(items: pl.DataFrame, orders: pl.DataFrame) -> int:
    sold_cents = pl.col("price_cents").sum() + pl.col("freight_cents").sum()
    sold = items.group_by("order_id").agg(sold_cents=sold_cents)
    paid = orders.join(sold, on="order_id")
    return paid.filter(pl.col("amount_cents") != pl.col("sold_cents")).height


def _repeated(payments: pl.DataFrame) -> int:
    return payments.group_by("order_id").len().filter(pl.col("len") > 1).height


def _mixed(items: pl.DataFrame) -> int:
    products = items.group_by("order_id", "seller_id").agg(pl.col("product_id").n_unique())
    return products.filter(pl.col("product_id") > 1).height
