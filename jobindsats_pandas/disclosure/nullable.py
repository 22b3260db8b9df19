"""Cells as pandas' nullable arrays, which compute with them, and cells made of what comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.addresses import STATISTIC, UNKNOWN
from jobindsats_pandas.disclosure.arithmetic import derived_status
from jobindsats_pandas.disclosure.building import blanked
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, aligned, is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "beside",
    "computed",
    "concatenated",
    "converted",
    "decimals",
    "is_whole",
    "nullable",
    "numbers_of",
    "of_no_cell",
    "rewritten",
    "statistic",
]


def is_whole(cells: Cells) -> bool:
    """Whether they hold whole numbers."""
    return cells.values.dtype.kind == "i"


def nullable(cells: Cells) -> Any:
    """Turn cells into an ``Int64`` or ``Float64`` array on the same memory, NA where nothing is shown."""
    array = pd.arrays.IntegerArray if is_whole(cells) else pd.arrays.FloatingArray
    return array(cast("Any", cells.values), is_missing(cells.status))


def decimals(cells: Cells) -> Any:
    """Turn cells into a ``Float64`` array, NA where nothing is shown."""
    return pd.arrays.FloatingArray(cells.values.astype(np.float64), is_missing(cells.status))


def numbers_of(plain: Any) -> Any:
    """The numbers of a nullable array; 1 stands where it has none."""
    return plain.to_numpy(np.float64 if plain.dtype.kind == "f" else np.int64, na_value=1)


def rewritten(cells: Cells, values: Any, status: NDArray[np.uint8], addresses: Any = None) -> Cells:
    """Other numbers in the places of cells, or of groups of them, beside which the same ones had been dropped."""
    where = cells.addresses if addresses is None else addresses
    return replace(cells, values=blanked(values, status), status=status, addresses=where)


def converted(cells: Cells, *, whole: bool) -> Cells:
    """Whole numbers as decimals, or decimals as whole numbers if they are."""
    if whole == is_whole(cells):
        return cells
    values: Any = cells.values.astype(np.float64)
    if whole:
        shown = np.where(is_missing(cells.status), 1, values)
        values = shown.astype(np.int64)
        if not (values == shown).all():
            raise TypeError("cannot safely cast non-equivalent float64 to int64")
    return rewritten(cells, values, cells.status.copy(), cells.addresses.copy())


def computed(cells: Cells, plain: Any) -> Cells:
    """What was computed from cells one by one; what came out as the very number of a cell is that cell."""
    values, missing = numbers_of(plain), np.asarray(plain.isna())
    shown = ~is_missing(cells.status)
    status = derived_status(cells.status)
    status[missing & shown], status[~missing & ~shown] = CellStatus.NOT_AVAILABLE, CellStatus.DERIVED
    same = ~missing & shown & (values == cells.values)
    status[same] = cells.status[same]
    return rewritten(cells, values, status, np.where(same, cells.addresses, UNKNOWN))


def of_no_cell(cells: Cells, plain: Any, address: int = UNKNOWN) -> Cells:
    """Numbers made of many cells, which are none of them."""
    missing = np.asarray(plain.isna())
    status = np.where(missing, np.uint8(CellStatus.NOT_AVAILABLE), np.uint8(CellStatus.DERIVED))
    return rewritten(cells, numbers_of(plain), status, np.full(len(plain), address))


def statistic(cells: Cells, plain: Any) -> Cells:
    """Means and the like: they belong to no cell and are of kind none."""
    return of_no_cell(cells, plain.astype("Float64"), STATISTIC)


def beside(cells: Cells, *others: Cells) -> Cells:
    """Say also of cells what had been dropped from beside others that they were made of."""
    several = (cells, *others)
    left = tuple(dict.fromkeys(name for one in several for name in one.left))
    return replace(cells, dropped=sum(one.dropped for one in several), left=left)


def concatenated(several: Sequence[Cells]) -> Cells:
    """Several bundles as one, numbered in one registry."""
    registry, addresses = aligned(*several)
    values: Any = np.concatenate([cells.values for cells in several])
    status = np.concatenate([cells.status for cells in several])
    return beside(Cells(values, status, np.concatenate(addresses), registry), *several)
