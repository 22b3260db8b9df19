"""Cells from anything that holds numbers, cells as pandas' nullable arrays, which compute with them, and back."""

# ruff: noqa: SLF001 - cells are made into columns here, by the thousand

from __future__ import annotations

import math
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from jobindsats_pandas.disclosure.addresses import (
    EMPTY,
    STATISTIC,
    UNKNOWN,
    Codes,
    Registry,
    merge_registries,
)
from jobindsats_pandas.disclosure.arithmetic import derived_status
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    as_numbers,
    counted,
    is_missing,
    rewritten,
    unknown_addresses,
)
from jobindsats_pandas.disclosure.scalars import Cell, DecimalCell, HiddenCell, IntegerCell, place_together

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "cells_from",
    "computed",
    "is_na",
    "is_number",
    "nullable",
    "numbers_of",
    "of_no_cell",
    "statistic",
]


def is_number(value: Any) -> bool:
    """Whether it is a number, of Python or numpy, and no truth value."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(
        value, bool | np.bool_
    )


def is_na(value: Any) -> bool:
    """Whether it is a scalar that stands for a missing number."""
    return (
        value is None or value is pd.NA or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
    )


def cells_from(values: Any, *, whole: bool | None) -> Cells:
    """Cells from anything unguarded that holds numbers: single cells, bare numbers, missing values.

    Bare numbers belong to no known cell; what is missing among them is no cell at all.
    """
    if isinstance(values, np.ndarray | ExtensionArray) and getattr(values.dtype, "kind", "O") in "iuf":
        return _cells_from_plain(values, whole)
    scalars = list(values)
    if (cells := _cells_alone(scalars, whole)) is not None:
        return cells
    for one in scalars:
        if not (is_number(one) or is_na(one)):
            raise TypeError(f"Invalid value {str(one)!r} for dtype discretionised")
    return _cells_from_scalars(scalars, whole)


def _cells_alone(scalars: list[Any], whole: bool | None) -> Cells | None:
    """Cells from single ones of one table, which is what rows, columns and maps are mostly made of; else None."""
    kinds = set(map(type, scalars))
    visible = kinds - {HiddenCell}
    if visible not in ({IntegerCell}, {DecimalCell}):
        return None
    decimal = DecimalCell in kinds
    if whole is not None and whole == decimal:
        return None
    origins, places = [one._origin for one in scalars], [one._place for one in scalars]
    addresses = [origin.addresses[place] for origin, place in zip(origins, places, strict=True)]
    if None in addresses:
        place_together(scalars)
        addresses = [one.address for one in scalars]
    (registry, *others) = {origin.registry for origin in set(origins)}
    if others:
        return None
    status = bytearray(origin.status[place] for origin, place in zip(origins, places, strict=True))
    if HiddenCell in kinds:
        missing = math.nan if decimal else 1
        numbers: Any = [missing if type(one) is HiddenCell else one.number for one in scalars]
    else:
        numbers = map(float.__float__ if decimal else int.__index__, scalars)
    values: Any = np.fromiter(numbers, dtype=np.float64 if decimal else np.int64, count=len(scalars))
    made = Cells(values, np.frombuffer(status, dtype=np.uint8), np.array(addresses, dtype=np.int64), registry)
    return _beside_their_origin(made, origins)


def _beside_their_origin(made: Cells, origins: list[Any]) -> Cells:
    """Say of cells put together one by one which hidden ones had stood beside them, if all visible ones are there."""
    near = max((origin.near for origin in origins), key=attrgetter("hidden"))
    unseen, seen = counted(made.status)
    dropped = max(near.hidden - unseen if seen >= near.visible else 0, near.dropped)
    return replace(made, dropped=dropped, left=near.left) if dropped or near.left else made


def _cells_from_plain(values: Any, whole: bool | None) -> Cells:
    missing = np.asarray(pd.isna(values))
    integers = values.dtype.kind in "iu"
    if integers and not missing.any():
        numbers = np.asarray(values, dtype=np.int64)
    elif isinstance(values, ExtensionArray):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
    else:
        numbers = np.asarray(values, dtype=np.float64)
    numbers = as_numbers(numbers, missing, integers if whole is None else whole)
    status = np.where(missing, np.uint8(CellStatus.HOLE), np.uint8(CellStatus.DERIVED))
    return Cells(numbers, status, unknown_addresses(len(numbers)), EMPTY)


def _cells_from_scalars(scalars: list[Any], whole: bool | None) -> Cells:
    status = np.empty(len(scalars), dtype=np.uint8)
    addresses = unknown_addresses(len(scalars))
    registries: dict[int, tuple[Registry, list[int]]] = {}
    plain: list[Any] = []
    place_together(scalars)
    for place, one in enumerate(scalars):
        if isinstance(one, Cell):
            status[place], addresses[place] = one.status, one.address
            registries.setdefault(id(one.registry), (one.registry, []))[1].append(place)
            plain.append(one.number)
        else:
            status[place] = CellStatus.HOLE if is_na(one) else CellStatus.DERIVED
            plain.append(np.nan if is_na(one) else one)
    registry, recoders = merge_registries([known for known, _ in registries.values()] or [EMPTY])
    for (_, places), recode in zip(registries.values(), recoders, strict=False):
        if recode is not None:
            addresses[places] = recode(addresses[places])
    made = _numbered(plain, status, addresses, registry, whole)
    origins = [one._origin for one in scalars if isinstance(one, Cell)]
    return _beside_their_origin(made, origins) if origins else made


def _numbered(
    plain: list[Any], status: NDArray[np.uint8], addresses: Codes, registry: Registry, whole: bool | None
) -> Cells:
    """Cells of numbers of Python's, whole if they all are."""
    missing = is_missing(status)
    shown = [one for one, gone in zip(plain, missing, strict=True) if not gone]
    integers = bool(shown) and all(isinstance(one, int | np.integer) for one in shown)
    whole = integers if whole is None else whole
    if whole and integers:
        # As floats, numbers above 2**53 would be others.
        filled = [1 if gone else one for one, gone in zip(plain, missing, strict=True)]
        return Cells(np.array(filled, dtype=np.int64), status, addresses, registry)
    return Cells(as_numbers(np.array(plain, dtype=np.float64), missing, whole), status, addresses, registry)


def nullable(cells: Cells) -> Any:
    """Turn cells into an ``Int64`` or ``Float64`` array on the same memory, NA where nothing is shown."""
    array = pd.arrays.IntegerArray if cells.whole else pd.arrays.FloatingArray
    return array(cast("Any", cells.values), cells.missing)


def numbers_of(plain: Any) -> Any:
    """The numbers of a nullable array; 1 stands where it has none."""
    return plain.to_numpy(np.float64 if plain.dtype.kind == "f" else np.int64, na_value=1)


def computed(cells: Cells, plain: Any) -> Cells:
    """What was computed from cells one by one; what came out as the very number of a cell is that cell."""
    values, missing = numbers_of(plain), np.asarray(plain.isna())
    shown = ~cells.missing
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
