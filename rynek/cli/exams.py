"""Exams for recommenders, read from Parquet files: what may be known, and what must be guessed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self, TypeAlias

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from models import protocols
from models.arrays import Float64, Int64, Integers
from models.errors import InteractionsInvalid, QuestionUnclear
from models.evaluation import UNDESCRIBED, Catalogue, Split, Task
from models.interactions import MICROSECONDS_PER_DAY, Interactions
from models.listings import Listings

SHOPPERS_TUNED_ON = 5_000
VALIDATION_SHARE = 0.2
COLUMNS = {
    "user": ("user", "shopper_pseudonym", "household_id", "CustomerID", "userId", "session_id"),
    "item": ("item", "product_id", "StockCode", "movieId", "offer_id"),
    "time": ("occurred_at", "transaction_timestamp", "InvoiceDate", "timestamp", "time"),
    "basket": ("basket", "basket_id", "order_id", "InvoiceNo"),
    "vendor": ("vendor", "vendor_id", "manufacturer_id", "seller_id"),
    "worth": ("worth", "amount", "sales_value", "UnitPrice", "price"),
    "listed": ("listed_at", "live_from"),
    "ended": ("ended_at", "live_until"),
    "title": ("title", "product_type", "Description"),
    "category": ("category", "product_category", "product_category_name"),
    "brand": ("brand",),
    "session": ("session_id", "session", "basket_id", "InvoiceNo"),
}

ProtocolName = Literal["temporal", "session", "next-basket"]
Wanted: TypeAlias = Mapping[str, str | None]
"""Columns by role; None where the usual names are to be looked for."""


@dataclass(frozen=True)
class Exam:
    """What is asked of the models, and where they may be tuned for it."""

    splits: Sequence[Split]
    validation: Split
    task: Task
    described: str
    catalogue: Catalogue = UNDESCRIBED


@dataclass(frozen=True)
class Protocol:
    """A way of cutting by its name, and what the models are to rank."""

    name: ProtocolName
    task: Task
    cut: protocols.Protocol

    @classmethod
    def named(
        cls, name: ProtocolName, task: Task | None, days: float, shoppers: int, seed: int
    ) -> Self:
        """By default the next weeks hold new items, the next basket and session any.

        Raises QuestionUnclear.
        """
        if name == "session" and task == "new":
            raise QuestionUnclear("Items of a session may come again: it has no --task new.")
        wanted = task or ("new" if name == "temporal" else "all")
        sampled = {"max_shoppers": shoppers, "seed": seed}
        if name == "session":
            return cls(name, "all", protocols.session(**sampled))
        if name == "next-basket":
            return cls(name, wanted, protocols.next_basket(task=wanted, **sampled))
        return cls(name, wanted, protocols.temporal(days, task=wanted, **sampled))


@contextmanager
def legible() -> Iterator[None]:
    """Say that a file is no Parquet, or holds other columns. Raises InteractionsInvalid."""
    try:
        yield
    except PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise InteractionsInvalid(f"A file does not hold what is wanted: {reason}.") from error


def published(train: Path, test: Path, wanted: Wanted, task: Task, seed: int) -> Exam:
    """A split as others published it, to be tuned on a share of each shopper's train part."""
    parts = [pl.read_parquet(path) for path in (train, test)]
    user, item = (_column(parts[0], role, wanted[role]) for role in ("user", "item"))
    _demand_columns(parts[1], test, user, item)
    both = pl.concat([part.select(user, item) for part in parts])
    events = Interactions.from_columns(_codes(both[user]), _codes(both[item]))
    is_train = np.arange(len(both)) < len(parts[0])
    known = events.where(is_train)
    split = protocols.given(known, events.where(~is_train), task=task)
    validation = protocols.random_share(
        VALIDATION_SHARE, task=task, max_shoppers=SHOPPERS_TUNED_ON, seed=seed
    )(known)
    return Exam([split], validation, task, f"{train.name} / {test.name}, {task} items")


def cut(
    path: Path,
    catalogue: Path | None,
    wanted: Wanted,
    protocol: Protocol,
    holdout_days: float,
    origins: int,
) -> Exam:
    """One file cut at one or more moments; tuned on the earliest cut's train part."""
    events, described = _read(path, catalogue, wanted, protocol.name)
    splits = [
        _on_offer(split, described)
        for split in protocols.rolling(protocol.cut, events, holdout_days, origins)
    ]
    # The earliest origin's training data has seen none of the windows that judge.
    validation = _on_offer(protocol.cut(splits[-1].train), described)
    title = f"{protocol.name}, {origins} origin(s), {protocol.task} items"
    return Exam(splits, validation, protocol.task, title, described)


def _on_offer(split: Split, catalogue: Catalogue) -> Split:
    return replace(split, shelf=catalogue.shelf(split.cut_day))


def _read(
    path: Path, catalogue: Path | None, wanted: Wanted, protocol: ProtocolName
) -> tuple[Interactions, Catalogue]:
    frame = pl.read_parquet(path)
    user, basket = _who_and_what_together(frame, wanted, protocol)
    item, time = (_column(frame, role, wanted[role]) for role in ("item", "time"))
    frame = frame.drop_nulls([user, item, time])
    if "Quantity" in frame.columns:
        frame = frame.filter(pl.col("Quantity") > 0)
    events = Interactions.from_columns(
        _codes(frame[user]),
        _codes(frame[item]),
        occurred_at=_times(frame[time]),
        baskets=_codes(frame[basket]),
    )
    known = frame if catalogue is None else _catalogue(catalogue, item)
    items = frame.select(pl.col(item).unique().sort())
    vendors = _vendors(known, items)
    listings = _listings(known, items, events.products, vendors)
    return events if listings is None else events.listed(listings), Catalogue(
        vendors, _worths(frame, item), _days(known, items, "listed"), _days(known, items, "ended")
    )


def _who_and_what_together(
    frame: pl.DataFrame, wanted: Wanted, protocol: ProtocolName
) -> tuple[str, str]:
    """The columns of who acts and of their baskets; a session is both."""
    if protocol == "session":
        session = _column(frame, "session", wanted["basket"] or wanted["user"])
        return session, session
    user = _column(frame, "user", wanted["user"])
    is_known = protocol == "next-basket" or wanted["basket"] or _first(frame, "basket")
    return user, _column(frame, "basket", wanted["basket"]) if is_known else user


def _catalogue(path: Path, item: str) -> pl.DataFrame:
    frame = pl.read_parquet(path)
    _demand_columns(frame, path, item)
    return frame


def _vendors(known: pl.DataFrame, items: pl.DataFrame) -> Integers | None:
    """`(n_items,)` codes in order of the items' ids; 0 where nobody is known."""
    vendors = _of_items(known, items, "vendor")
    if vendors is None:
        return None
    codes: Integers = vendors.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    return codes


def _days(known: pl.DataFrame, items: pl.DataFrame, role: str) -> Float64 | None:
    """`(n_items,)` days since 1970; NaN where none is given."""
    moments = _of_items(known, items, role)
    if moments is None:
        return None
    days = _times(moments).dt.epoch("us") / MICROSECONDS_PER_DAY
    return days.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _of_items(known: pl.DataFrame, items: pl.DataFrame, role: str) -> pl.Series | None:
    """What a catalogue says first of each item; None where it has no such column."""
    column, (item,) = _first(known, role), items.columns
    if column is None:
        return None
    said = known.select(item, column).unique(subset=item, keep="first", maintain_order=True)
    return items.join(said, on=item, how="left", maintain_order="left")[column]


def _listings(
    known: pl.DataFrame, items: pl.DataFrame, products: Int64, vendors: Integers | None
) -> Listings | None:
    """What is written of the items, in order of their ids; None where nothing is."""
    said = {role: _of_items(known, items, role) for role in ("title", "category", "brand")}
    if all(texts is None for texts in said.values()):
        return None
    nothing = [None] * len(items)
    words = {role: nothing if texts is None else texts.to_list() for role, texts in said.items()}
    return Listings.of(
        products,
        titles=words["title"],
        categories=words["category"],
        brands=words["brand"],
        vendors=nothing if vendors is None else vendors.tolist(),
        # What the events tell of prices may lie after a cut.
        price_cents=nothing,
    )


def _worths(frame: pl.DataFrame, item: str) -> Float64 | None:
    """`(n_items,)`: the median of what one event brought."""
    worth = _first(frame, "worth")
    if worth is None:
        return None
    medians: Float64 = frame.group_by(item).agg(pl.col(worth).median()).sort(item)[worth].to_numpy()
    return medians


def _first(frame: pl.DataFrame, role: str) -> str | None:
    return next((name for name in COLUMNS[role] if name in frame.columns), None)


def _column(frame: pl.DataFrame, role: str, wanted: str | None) -> str:
    if wanted is not None and wanted not in frame.columns:
        raise QuestionUnclear(f"There is no column {wanted!r} among {', '.join(frame.columns)}.")
    found = wanted or _first(frame, role)
    if found is None:
        raise QuestionUnclear(f"Name the {role} column among {', '.join(frame.columns)}.")
    return found


def _demand_columns(frame: pl.DataFrame, path: Path, *columns: str) -> None:
    lacking = [column for column in columns if column not in frame.columns]
    if lacking:
        raise QuestionUnclear(f"{path.name} has no column {', '.join(lacking)}.")


def _codes(values: pl.Series) -> pl.Series:
    """Whole numbers as they are, anything else by rank."""
    return values if values.dtype.is_integer() else values.rank("dense").cast(pl.Int64)


def _times(values: pl.Series) -> pl.Series:
    """Datetimes as they are; whole numbers are seconds since 1970."""
    return pl.from_epoch(values, "s") if values.dtype.is_integer() else values
