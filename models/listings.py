"""What is written of products: category, brand, vendor, price, and the words of it as vectors.

Words are hashed into columns (Weinberger et al., "Feature Hashing for Large Scale Multitask
Learning", ICML 2009), https://arxiv.org/abs/0902.2206, and weighed by TF-IDF.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, diags_array

from models.arrays import AnyArray, Float32, Histories, Int64
from models.errors import ListingsInvalid
from models.prices import UNCHANGED, PriceSteps, logged

COLUMNS = 1 << 17
WORD = re.compile(r"\w+")
PRICE_STEPS = 2.0  # bands per factor e
NAMES_COUNT = 2  # a category or a brand says as much as so many words of a title


@dataclass(frozen=True)
class Listings:
    """By ascending product id, each `(n,)`; codes count from 0, which means that none is known.

    prices  natural logarithm of cents today, 0 where none is known
    content  `(n, COLUMNS)` float32 of unit length, or empty where nothing is written
    steps  when prices changed; the words have no such journal, they are today's
    """

    product_ids: Int64
    categories: Int64
    brands: Int64
    vendors: Int64
    prices: Float32
    content: Histories
    steps: PriceSteps = UNCHANGED

    @classmethod
    def of(
        cls,
        product_ids: npt.ArrayLike,
        *,
        titles: Sequence[str | None],
        categories: Sequence[str | None],
        brands: Sequence[str | None],
        vendors: Sequence[int | None],
        price_cents: Sequence[int | None],
        steps: PriceSteps = UNCHANGED,
    ) -> Self:
        """From columns in any order, a row per product. Raises `ListingsInvalid`."""
        ids = np.asarray(product_ids, np.int64)
        columns = (titles, categories, brands, vendors, price_cents)
        if any(len(column) != len(ids) for column in columns):
            raise ListingsInvalid(f"The columns differ in length; there are {len(ids)} products.")
        order = np.argsort(ids, kind="stable")
        if (np.diff(ids[order]) == 0).any():
            raise ListingsInvalid("A product is listed twice.")
        rows = [tuple(column[at] for column in columns) for at in order.tolist()]
        words = [list(_words(*row)) for row in rows]
        return cls(
            ids[order],
            _codes([row[1] for row in rows]),
            _codes([row[2] for row in rows]),
            _codes([row[3] for row in rows]),
            logged(np.array([row[4] or 0 for row in rows], np.float64)),
            _vectors(words),
            steps,
        )

    def prices_on(self, day: float) -> Float32:
        """`(n,)`: as `prices`, as they were on a day since 1970."""
        return self.steps.on(day, self.product_ids, self.prices)

    def over(self, products: Int64) -> Self:
        """The rows of these products, sorted; one that is not listed is empty and unknown."""
        at = np.searchsorted(self.product_ids, products)
        at = np.minimum(at, max(len(self.product_ids) - 1, 0))
        is_listed = self.product_ids[at] == products if len(self.product_ids) else at < 0

        def rows(column: AnyArray) -> AnyArray:
            found = np.zeros(len(products), column.dtype)
            found[is_listed] = column[at[is_listed]]
            return found

        where = np.flatnonzero(is_listed)
        chosen = csr_array(
            (np.ones(len(where), np.float32), (where, at[where])),
            shape=(len(products), len(self.product_ids)),
        )
        codes = [rows(column) for column in (self.categories, self.brands, self.vendors)]
        categories, brands, vendors = codes
        content = csr_array(chosen @ self.content)
        prices = rows(self.prices)
        return type(self)(products, categories, brands, vendors, prices, content, self.steps)


def _words(
    title: str | None,
    category: str | None,
    brand: str | None,
    vendor: int | None,
    price_cents: int | None,
) -> Iterator[str]:
    yield from WORD.findall((title or "").lower())
    for kind, name in (("category", category), ("brand", brand)):
        if name:
            yield from [f"{kind}={name}"] * NAMES_COUNT
    if vendor is not None:
        yield f"vendor={vendor}"
    if price_cents:
        # Within its category a price tells a cheap thing from a dear one.
        yield f"price={category}:{round(PRICE_STEPS * float(np.log(price_cents)))}"


def _vectors(words: Sequence[Sequence[str]]) -> Histories:
    """`(len(words), COLUMNS)`: TF-IDF of unit length."""
    column_of = {word: crc32(word.encode()) % COLUMNS for row in words for word in row}
    rows = np.repeat(np.arange(len(words)), [len(row) for row in words])
    columns = np.array([column_of[word] for row in words for word in row], np.int64)
    shape = (len(words), COLUMNS)
    counts = coo_array((np.ones(len(columns), np.float32), (rows, columns)), shape=shape).tocsr()
    rarity = np.log((1 + len(words)) / (1 + np.bincount(counts.indices, minlength=COLUMNS))) + 1
    weighed = csr_array(counts @ diags_array(rarity.astype(np.float32)))
    lengths = np.sqrt(np.asarray(weighed.power(2).sum(axis=1), np.float32))
    weighed.data /= np.repeat(lengths, np.diff(weighed.indptr))
    return weighed


def _codes(names: Sequence[object]) -> Int64:
    known = sorted({name for name in names if name not in (None, "")}, key=str)
    code_of = {name: code for code, name in enumerate(known, start=1)}
    return np.array([code_of.get(name, 0) for name in names], np.int64)
