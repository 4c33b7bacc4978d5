"""The files of the Olist folder, checked, in cents and UTC."""

import polars as pl

from rynek.history.folder import AMOUNT, OPTIONAL, TEXT, TIME, WHOLE, Folder, cents_of, utc

TIME_ZONE = "America/Sao_Paulo"

Tables = dict[str, pl.DataFrame]

ITEMS = {
    "order_id": TEXT,
    "order_item_id": WHOLE,
    "product_id": TEXT,
    "seller_id": TEXT,
    "shipping_limit_date": TIME,
    "price": AMOUNT,
    "freight_value": AMOUNT,
}
PAYMENTS = {"order_id": TEXT, "payment_value": AMOUNT}
ORDERS = {
    "order_id": TEXT,
    "customer_id": TEXT,
    "order_status": TEXT,
    "order_purchase_timestamp": TIME + OPTIONAL,
    "order_approved_at": TIME + OPTIONAL,
    "order_delivered_carrier_date": TIME + OPTIONAL,
    "order_delivered_customer_date": TIME + OPTIONAL,
}
CUSTOMERS = {"customer_id": TEXT, "customer_unique_id": TEXT, "customer_state": TEXT}
PRODUCTS = {"product_id": TEXT, "product_category_name": TEXT + OPTIONAL}
SELLERS = {"seller_id": TEXT, "seller_city": TEXT, "seller_state": TEXT}
TRANSLATION = {"product_category_name": TEXT, "product_category_name_english": TEXT}


def read_tables(folder: Folder) -> Tables:
    """items, payments, orders (the part given), customers, products, sellers, translation."""
    return {
        "items": _items(folder),
        "payments": folder.table("order_payments", PAYMENTS).with_columns(
            amount_cents=cents_of("payment_value")
        ),
        "orders": _orders(folder),
        "customers": folder.table("customers", CUSTOMERS),
        "products": folder.table("products", PRODUCTS),
        "sellers": folder.table("sellers", SELLERS),
        "translation": folder.table("product_category_name_translation", TRANSLATION),
    }


def _items(folder: Folder) -> pl.DataFrame:
    return (
        folder.table("order_items", ITEMS)
        .with_columns(
            price_cents=cents_of("price"),
            freight_cents=cents_of("freight_value"),
            ship_by_at=utc("shipping_limit_date", TIME_ZONE),
        )
        .sort("order_id", "order_item_id")
    )


def _orders(folder: Folder) -> pl.DataFrame:
    return folder.table("orders_partial", ORDERS).select(
        "order_id",
        "customer_id",
        "order_status",
        purchased_at=utc("order_purchase_timestamp", TIME_ZONE),
        approved_at=utc("order_approved_at", TIME_ZONE),
        handed_over_at=utc("order_delivered_carrier_date", TIME_ZONE),
        received_at=utc("order_delivered_customer_date", TIME_ZONE),
    )
