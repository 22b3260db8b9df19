"""Rows that are combinations: what most questions bring, all members of some levels in all of some periods.

Where each combination of the names has one row, or most of them have, the rows need no names of their own: they stand in a
grid, in an order that follows from the names of each column. What is done with them then goes line by line of the grid, and
not row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.fast_rows import Labels, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DENSE", "Grid", "Numbers", "in_grid", "narrowed"]

#: A grid is made of rows that fill at least one in so many of its places.
DENSE = 2

#: Decimals that numbers are tried with; more are rare.
MOST_DECIMALS = 2


@dataclass(frozen=True)
class Numbers:
    """Numbers as narrow as they fit: a quarter of the memory, and of the time to go through it.

    Attributes
    ----------
    values : ndarray of float64, or of any signed integer
        Times ``10 ** decimals``; under a null stands 1.
    nulls : ndarray of bool, or None
        Where there is no number; None if there is one everywhere.
    decimals : int
        0 where the values are float64.
    """

    values: np.ndarray
    nulls: np.ndarray | None
    decimals: int = 0

    @property
    def whole(self) -> bool:
        """Whether all are known to be whole."""
        return self.decimals == 0 and self.values.dtype.kind == "i"

    def floats(self) -> np.ndarray:
        """As float64, NaN for null; an array of its own."""
        values: np.ndarray = self.values.astype(np.float64)
        if self.decimals:
            values /= 10**self.decimals
        if self.nulls is not None:
            np.putmask(values, self.nulls, np.nan)
        return values

    def among(self, low: float, high: float) -> int:
        """How many lie between two numbers, both included; not to be asked where there are nulls."""
        least, most = low * 10**self.decimals, high * 10**self.decimals
        return int(np.count_nonzero((self.values >= least) & (self.values <= most)))

    def transpose(self, order: Any) -> Numbers:
        """As of an array."""
        return self._each(lambda array: array.transpose(order))

    def reshape(self, shape: tuple[int, ...]) -> Numbers:
        """As of an array."""
        return self._each(lambda array: array.reshape(shape))

    def __getitem__(self, where: Any) -> Numbers:
        return self._each(lambda array: array[where])

    def _each(self, change: Callable[[np.ndarray], np.ndarray]) -> Numbers:
        nulls = None if self.nulls is None else change(self.nulls)
        return Numbers(change(self.values), nulls, self.decimals)


def narrowed(numbers: np.ndarray) -> Numbers:
    """Integers of so many decimals, if all numbers come back from that to the last bit; else floats as they are."""
    nulls = np.isnan(numbers)
    missing = nulls if nulls.any() else None
    filled = numbers if missing is None else np.where(missing, 0.0, numbers)
    for decimals in range(MOST_DECIMALS + 1):
        scaled = np.rint(filled * 10**decimals)
        if np.array_equal(scaled / 10**decimals, filled):
            low, high = (scaled.min(), scaled.max()) if scaled.size else (0, 0)
            values = scaled.astype(narrowest(low, high))
            break
    else:
        values, decimals = filled.copy() if missing is None else filled, 0
    if missing is not None:
        values[missing] = 1
    return Numbers(values, missing, decimals)


def narrowest(low: float, high: float) -> type[np.signedinteger[Any]]:
    """The narrowest type that holds whole numbers from the one to the other."""
    types = (np.int8, np.int16, np.int32)
    fitting = (kind for kind in types if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return next(fitting, np.int64)


@dataclass(frozen=True)
class Grid:
    """The rows of an answer in a grid, with an axis for each column of names.

    Attributes
    ----------
    columns : tuple of str
    names : tuple of tuple of str
        The distinct names of each column of names.
    numbers : tuple of Numbers
        A column of them each, of the grid's shape; 0 where the answer has no row.
    came : ndarray of bool, or None
        Which combinations have a row; None if all have.
    """

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    numbers: tuple[Numbers, ...]
    came: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many names each column has."""
        return tuple(map(len, self.names))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return prod(self.shape) if self.came is None else int(np.count_nonzero(self.came))

    def rows(self) -> Rows:
        """The same row by row, in the order of the grid."""
        kept = slice(None) if self.came is None else self.came.ravel()
        places = np.indices(self.shape, dtype=np.int32).reshape(len(self.shape), -1)
        codes = [codes[kept] for codes in places]
        numbers = [numbers.floats().ravel()[kept] for numbers in self.numbers]
        return Rows(self.columns, tuple(map(Labels, self.names, codes)), tuple(numbers))


def in_grid(rows: Rows) -> Rows | Grid:
    """Put rows in a grid; as they are where they fill too little of it, or two have the same names."""
    shape = tuple(map(len, rows.names))
    places = prod(shape)
    if not rows.count or places > DENSE * rows.count:
        return rows
    key: np.ndarray = np.zeros(rows.count, dtype=np.int32 if places < 2**31 else np.intp)
    for column in rows.labels:
        key *= len(column.names)
        key += column.codes
    key = key.astype(np.intp)
    came = np.zeros(places, dtype=bool)
    came[key] = True
    if np.count_nonzero(came) < rows.count:
        return rows
    numbers = []
    for values in rows.numbers:
        grid = np.zeros(places)
        grid[key] = values
        numbers.append(narrowed(grid.reshape(shape)))
    return Grid(
        rows.columns, rows.names, tuple(numbers), None if places == rows.count else came.reshape(shape)
    )
