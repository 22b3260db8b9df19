"""Rows that are combinations: what most questions bring, all members of some levels in all of some periods.

Where each combination of the names has one row, or most of them have, the rows need no names of their own: they stand in a
grid, in an order that follows from the names of each column. What is done with them then goes line by line of the grid, and
not row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from jobindsats_pandas.fast_rows import Labels, Rows

__all__ = ["DENSE", "Grid", "in_grid"]

#: A grid is made of rows that fill at least one in so many of its places.
DENSE = 2


@dataclass(frozen=True)
class Grid:
    """The rows of an answer in a grid: the first column of names, the period, runs fastest, then the last of the others.

    Attributes
    ----------
    columns : tuple of str
    names : tuple of tuple of str
        The distinct names of each column of names.
    numbers : tuple of ndarray of float64
        A column of numbers each, of the grid's shape; NaN where the answer has none, 0 where it has no row.
    came : ndarray of bool, or None
        Which combinations have a row; None if all have.
    """

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    numbers: tuple[np.ndarray, ...]
    came: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many names each column has, in the order of the grid."""
        period, *others = map(len, self.names)
        return *others, period

    @property
    def count(self) -> int:
        """How many rows there are."""
        return prod(self.shape) if self.came is None else int(np.count_nonzero(self.came))

    def rows(self) -> Rows:
        """The same row by row, in the order of the grid."""
        *others, period = np.indices(self.shape, dtype=np.int32).reshape(len(self.shape), -1)
        kept = slice(None) if self.came is None else self.came.ravel()
        codes = [codes[kept] for codes in (period, *others)]
        numbers = [numbers.ravel()[kept] for numbers in self.numbers]
        return Rows(self.columns, tuple(map(Labels, self.names, codes)), tuple(numbers))


def in_grid(rows: Rows) -> Rows | Grid:
    """Put rows in a grid; as they are where they fill too little of it, or two have the same names."""
    period, *others = rows.labels
    labels = [*others, period]
    shape = tuple(len(column.names) for column in labels)
    places = prod(shape)
    if not rows.count or places > DENSE * rows.count:
        return rows
    key: np.ndarray = np.zeros(rows.count, dtype=np.int32 if places < 2**31 else np.intp)
    for column in labels:
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
        numbers.append(grid.reshape(shape))
    names = tuple(column.names for column in rows.labels)
    return Grid(rows.columns, names, tuple(numbers), None if places == rows.count else came.reshape(shape))
