"""Names for the array types that cross module borders."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Float32: TypeAlias = npt.NDArray[np.float32]
Float64: TypeAlias = npt.NDArray[np.float64]
Int32: TypeAlias = npt.NDArray[np.int32]
Int64: TypeAlias = npt.NDArray[np.int64]
Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]
AnyArray: TypeAlias = npt.NDArray[Any]
Histories: TypeAlias = csr_array[np.float32, tuple[int, int]]
"""One row per shopper, one column per item, the weight of all events between the two."""


def rows_of(matrix: Histories, rows: Integers) -> Histories:
    """The asked rows, `(len(rows), n_items)`; a negative row, a shopper nobody knows, is empty."""
    rows = np.asarray(rows)
    counts = np.where(rows >= 0, np.diff(matrix.indptr)[rows], 0)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    where = np.repeat(matrix.indptr[rows] - indptr[:-1], counts) + np.arange(indptr[-1])
    return csr_array(
        (matrix.data[where], matrix.indices[where], indptr), shape=(len(rows), matrix.shape[1])
    )
