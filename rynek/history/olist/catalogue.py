"""Vendors, categories, products, offers and shoppers of the Olist set."""

import polars as pl

from rynek.history.olist.tables import Tables

# Two categories that the set's own translation table lacks.
_UNTRANSLATED = {
    "pc_gamer": "pc_gamer",
    "portateis_cozinha_e_preparadores_de_alimentos": "portable_kitchen_and_food_preparators",
}


def vendors(sellers: pl.DataFrame) -> pl.DataFrame:
    """The set hides names: a vendor is called by its town and the first letters of its key."""
    town = pl.col("seller_city").str.to_titlecase()
    return sellers.select(
        ref="seller_id",
        name=town + " seller " + pl.col("seller_id").str.head(8),
        country=pl.lit("BR"),
        region="seller_state",
    )


def categories(tables: Tables) -> pl.DataFrame:
    own = pl.DataFrame(
        {
            "product_category_name": list(_UNTRANSLATED),
            "product_category_name_english": list(_UNTRANSLATED.values()),
        }
    )
    translated = pl.concat([tables["translation"], own]).unique(
        "product_category_name", keep="first"
    )
    named = (
        tables["products"].select("product_category_name").drop_nulls().unique()
        .join(translated, on="product_category_name", how="left")
        .sort("product_category_name")
    )  # fmt: skip
    english = pl.coalesce("product_category_name_english", "product_category_name")
    return named.select(
        ref="product_category_name",
        name=english.str.replace_all("_", " ").str.to_titlecase(),
    )


def products(tables: Tables) -> pl.DataFrame:
    """The set hides titles: a product is called by its category and the start of its key."""
    named = tables["products"].join(
        categories(tables), left_on="product_category_name", right_on="ref", how="left"
    )
    label = pl.col("name").fill_null("Product")
    return named.select(
        ref="product_id",
        category_ref="product_category_name",
        title=label + " " + pl.col("product_id").str.head(8),
    ).sort("ref")


def offer_ref() -> pl.Expr:
    return pl.col("seller_id") + ":" + pl.col("product_id")


def offers(items: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """What each seller sold of each product, at the last price it took, since its first sale."""
    placed = items.join(orders.select("order_id", "placed_at"), on="order_id")
    in_time = placed.sort("placed_at", "order_id", "order_item_id")
    return (
        in_time.group_by("seller_id", "product_id")
        .agg(pl.col("price_cents").last(), created_at=pl.col("placed_at").first())
        .select(
            "price_cents",
            "created_at",
            ref=offer_ref(),
            vendor_ref="seller_id",
            product_ref="product_id",
            sku="product_id",
            status=pl.lit("active"),
        )
        .sort("ref")
    )


def shoppers(orders: pl.DataFrame) -> pl.DataFrame:
    return (
        orders.sort("placed_at", "order_id")
        .group_by("shopper_ref", maintain_order=True)
        .agg(pl.col("placed_at").first(), pl.col("customer_state").last())
        .select(
            ref="shopper_ref",
            country=pl.lit("BR"),
            region="customer_state",
            created_at="placed_at",
        )
    )
