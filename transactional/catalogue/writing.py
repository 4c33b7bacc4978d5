"""A batch of catalogue rows, written set by set: a dozen statements, however many rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from transactional.catalogue.plan import Known, Plan, plan
from transactional.catalogue.rows import CatalogueRow
from transactional.database import Transaction, statement
from transactional.facts import outbox
from transactional.ordering import stock


def keep(
    connection: Transaction, vendor_id: int, rows: Sequence[CatalogueRow], now: datetime
) -> Plan:
    """Write what the rows change; the plan tells what that was, and which rows are refused.

    Raises psycopg.errors.UniqueViolation where another writer took a SKU meanwhile: then try again.
    """
    # A plan that was made for a small table would be kept while the file makes it large.
    connection.execute("set local plan_cache_mode = force_custom_plan")
    made = plan(rows, _known(connection, vendor_id, rows))
    _write_products(connection, made)
    _write_offers(connection, vendor_id, made, now)
    _move_stock(connection, made, now)
    return made


def _known(connection: Transaction, vendor_id: int, rows: Sequence[CatalogueRow]) -> Known:
    skus = {row.sku for row in rows} | {row.product for row in rows if isinstance(row.product, str)}
    offers = connection.execute(
        statement("offers_of_skus"), {"vendor_id": vendor_id, "skus": sorted(skus)}
    ).fetchall()
    named = sorted({row.product for row in rows if isinstance(row.product, int)})
    there = connection.execute(
        "select product_id from products where product_id = any(%s)", (named,)
    ).fetchall()
    present = {offer["sku"] for offer in offers}
    count = sum(row.sku not in present for row in rows)
    return Known(
        offers={offer["sku"]: offer for offer in offers},
        product_ids=frozenset(row["product_id"] for row in there),
        new_product_ids=_keys(connection, "products_product_id_seq", count),
        new_offer_ids=_keys(connection, "offers_offer_id_seq", count),
    )


def _keys(connection: Transaction, sequence: str, count: int) -> Iterator[int]:
    drawn = connection.execute(
        "select nextval(%s::regclass) as key from generate_series(1, %s)", (sequence, count)
    ).fetchall()
    return iter([row["key"] for row in drawn])


def _write_products(connection: Transaction, made: Plan) -> None:
    _write(
        connection,
        "insert into products (product_id, title, category_id, brand, weight_grams)"
        " select * from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::integer[])",
        made.products,
    )
    _write(
        connection,
        "update products set title = coalesce(wish.title, products.title),"
        " category_id = coalesce(wish.category_id, products.category_id),"
        " brand = coalesce(wish.brand, products.brand),"
        " weight_grams = coalesce(wish.weight_grams, products.weight_grams)"
        " from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::integer[])"
        " as wish (product_id, title, category_id, brand, weight_grams)"
        " where products.product_id = wish.product_id",
        made.product_changes,
    )
    _write(
        connection,
        "insert into variants (product_id, name) select * from unnest(%s::bigint[], %s::text[])"
        " on conflict (product_id, name) do nothing",
        made.variants,
    )
    _write(
        connection,
        "insert into product_images (product_id, url)"
        " select * from unnest(%s::bigint[], %s::text[]) on conflict (product_id, url) do nothing",
        made.images,
    )


def _write_offers(connection: Transaction, vendor_id: int, made: Plan, now: datetime) -> None:
    names = ("offer_ids", "product_ids", "variants", "skus", "prices", "statuses", "units")
    if made.offers:
        columns = dict(zip((*names, "thresholds"), _columns(made.offers), strict=True))
        connection.execute(
            statement("open_offers"), {**columns, "vendor_id": vendor_id, "now": now}
        )
    _write(
        connection,
        "update offers set price_cents = coalesce(wish.price_cents, offers.price_cents),"
        " status = coalesce(wish.status, offers.status), version = version + 1"
        " from unnest(%s::bigint[], %s::bigint[], %s::text[])"
        " as wish (offer_id, price_cents, status) where offers.offer_id = wish.offer_id",
        made.offer_changes,
    )
    if made.offer_changes:
        offer_ids = [offer_id for offer_id, _, _ in made.offer_changes]
        connection.execute(statement("offer_facts"), {"offer_ids": offer_ids, "now": now})
    if made.offers or made.offer_changes:
        outbox.announce(connection)


def _move_stock(connection: Transaction, made: Plan, now: datetime) -> None:
    if made.restocked:
        stock.move(connection, stock.RESTOCK, made.restocked, now)
    if made.corrected:
        stock.move(connection, stock.CORRECT, made.corrected, now)
    if made.thresholds:
        offer_ids, thresholds = _columns(made.thresholds)
        values = {"offer_ids": offer_ids, "thresholds": thresholds, "now": now}
        connection.execute(statement("set_thresholds"), values)
        outbox.announce(connection)


def _write(connection: Transaction, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        connection.execute(query, _columns(rows))


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
