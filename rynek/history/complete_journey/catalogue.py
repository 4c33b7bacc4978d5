"""Vendors, categories, products, offers and shoppers of the Complete Journey set."""

import polars as pl

from rynek.history.complete_journey.tables import UNKNOWN_MANUFACTURER

# Department, category, type: each level is known by its whole path.
_LEVELS = ["department", "product_category", "product_type"]
_SEPARATOR = " > "


def vendors(products: pl.DataFrame) -> pl.DataFrame:
    """Manufacturers stand for vendors."""
    maker = pl.col("manufacturer")
    is_unknown = maker == UNKNOWN_MANUFACTURER
    return (
        products.select("manufacturer")
        .unique()
        .sort(maker.str.zfill(8))
        .select(
            ref="manufacturer",
            name=pl.when(is_unknown)
            .then(pl.lit("Manufacturer not known"))
            .otherwise(pl.lit("Manufacturer ") + maker),
            country=pl.lit("US"),
        )
    )


def categories(products: pl.DataFrame) -> pl.DataFrame:
    """The tree of departments, categories and types."""
    return pl.concat(_level(products, depth) for depth in range(1, len(_LEVELS) + 1))


def _level(products: pl.DataFrame, depth: int) -> pl.DataFrame:
    deepest = pl.col(_LEVELS[depth - 1])
    parent = _path(depth - 1) if depth > 1 else pl.lit(None, pl.String)
    named = products.filter(pl.all_horizontal(pl.col(_LEVELS[:depth]).is_not_null()))
    return (
        named.select(ref=_path(depth), parent_ref=parent, name=deepest.str.to_titlecase())
        .unique("ref")
        .sort("ref")
    )


def _path(depth: int) -> pl.Expr:
    """The path of a product down to `depth`; null where a level is not known."""
    return pl.concat_str(_LEVELS[:depth], separator=_SEPARATOR)


def products(catalogue: pl.DataFrame) -> pl.DataFrame:
    """Named by what they are: the set hides titles."""
    what = pl.coalesce("product_type", "product_category", "department", pl.lit("Product"))
    size = pl.when(pl.col("package_size").is_not_null()).then(
        pl.lit(", ") + pl.col("package_size").str.strip_chars()
    )
    return catalogue.select(
        "brand",
        ref="product",
        category_ref=pl.coalesce(_path(3), _path(2), _path(1)),
        title=what.str.to_titlecase()
        + size.fill_null("")
        + pl.lit(" (")
        + pl.col("product")
        + pl.lit(")"),
    )


def offers(catalogue: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Each product at its last unit price; one that was never sold at a price is paused."""
    last = (
        lines.filter((pl.col("quantity") > 0) & (pl.col("line_cents") > 0))
        .sort("bought_at", "basket", maintain_order=True)
        .group_by("product")
        .agg(pl.col("line_cents", "quantity").last())
        .select("product", price_cents=_unit_price().clip(lower_bound=1))
    )
    priced = catalogue.join(last, on="product", how="left", maintain_order="left")
    is_sold = pl.col("price_cents").is_not_null()
    return priced.select(
        ref="product",
        product_ref="product",
        vendor_ref="manufacturer",
        sku="product",
        price_cents=pl.col("price_cents").fill_null(0),
        status=pl.when(is_sold).then(pl.lit("active")).otherwise(pl.lit("paused")),
    )


def _unit_price() -> pl.Expr:
    quantity = pl.col("quantity")
    return (2 * pl.col("line_cents") + quantity) // (2 * quantity)


def shoppers(lines: pl.DataFrame) -> pl.DataFrame:
    """One per household."""
    return (
        lines.group_by("household")
        .agg(created_at=pl.col("bought_at").min())
        .select("created_at", ref="household", country=pl.lit("US"))
        .sort("created_at", "ref")
    )
