"""Entering a history's vendors, catalogue and shoppers, so that its trade can point at them."""

import secrets
from dataclasses import dataclass

import numpy as np
import polars as pl
from psycopg import sql

from rynek.history.copying import Copier, query
from rynek.history.frames import History
from rynek.history.identifiers import Enrolment, admit, enrol, reserve, resolve


@dataclass(frozen=True)
class Register:
    """Who and what a history speaks of: ref → database ids."""

    vendors: pl.DataFrame
    """ref, vendor_id"""
    products: pl.DataFrame
    """ref, product_id"""
    offers: pl.DataFrame
    """ref, offer_id, vendor_id, product_id"""
    shoppers: pl.DataFrame
    """ref, shopper_id, shopper_pseudonym"""
    new_offers: pl.DataFrame
    """offer_id, received_units, low_stock_threshold of the offers that were not there before"""


def enter(copier: Copier, history: History) -> Register:
    """Write the rows that are not there yet and return the ids of all."""
    vendors = _vendors(copier, history)
    products = _products(copier, history, _categories(copier, history))
    offers, new_offers = _offers(copier, history, vendors, products)
    return Register(vendors, products, offers, _shoppers(copier, history), new_offers)


def _vendors(copier: Copier, history: History) -> pl.DataFrame:
    enrolled = _enrol(copier, history, "vendors", "vendor_id", history.vendors)
    new = enrolled.new.with_columns(
        reserve(copier.connection, "owners", "owner_id", enrolled.new.height),
        status=pl.lit("active"),
    )
    copier.append("owners", new.select("owner_id", legal_name="name"))
    copier.append("vendors", _sourced(new, history))
    return enrolled.ids


def _categories(copier: Copier, history: History) -> pl.DataFrame:
    enrolled = _enrol(copier, history, "categories", "category_id", history.categories)
    parents = enrolled.ids.rename({"category_id": "parent_id"})
    new = resolve(enrolled.new, parents, "parent_ref")
    copier.append("categories", _sourced(new, history))
    return enrolled.ids


def _products(copier: Copier, history: History, categories: pl.DataFrame) -> pl.DataFrame:
    enrolled = _enrol(copier, history, "products", "product_id", history.products)
    new = resolve(enrolled.new, categories, "category_ref")
    copier.append("products", _sourced(new, history))
    return enrolled.ids


def _offers(
    copier: Copier, history: History, vendors: pl.DataFrame, products: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = resolve(resolve(history.offers, vendors, "vendor_ref"), products, "product_ref")
    known = query(
        copier.connection,
        sql.SQL(
            "select vendor_id, sku, product_id, offer_id from offers "
            "join vendors using (vendor_id) where source = {} for key share"
        ).format(sql.Literal(history.source)),
        {"vendor_id": pl.Int64, "sku": pl.String, "product_id": pl.Int64, "offer_id": pl.Int64},
    )
    own = ["vendor_id", "sku"]
    enrolled = admit(copier.connection, "offers", "offer_id", known, rows, on=own)
    copier.append("offers", enrolled.new.drop("ref", "received_units", "low_stock_threshold"))
    named = rows.select("ref", *own).join(enrolled.ids, on=own).drop("sku")
    return named, enrolled.new.select("offer_id", "received_units", "low_stock_threshold")


def _shoppers(copier: Copier, history: History) -> pl.DataFrame:
    pseudonyms = _pseudonyms(history.shoppers.height)
    enrolled = _enrol(
        copier, history, "shoppers", "shopper_id",
        history.shoppers.with_columns(shopper_pseudonym=pseudonyms), ("shopper_pseudonym",),
    )  # fmt: skip
    copier.append("shoppers", _sourced(enrolled.new, history))
    return enrolled.ids


def _pseudonyms(count: int) -> pl.Series:
    """Random 63-bit numbers, as the database's own default: nothing leads from one to its row."""
    drawn = np.frombuffer(secrets.token_bytes(8 * count), dtype=np.int64)
    return pl.Series(drawn & np.iinfo(np.int64).max)


def _enrol(
    copier: Copier, history: History, table: str, key: str, rows: pl.DataFrame,
    carried: tuple[str, ...] = (),
) -> Enrolment:  # fmt: skip
    return enrol(copier.connection, table, key, history.source, rows, carried)


def _sourced(rows: pl.DataFrame, history: History) -> pl.DataFrame:
    return rows.rename({"ref": "source_ref"}).with_columns(source=pl.lit(history.source))
