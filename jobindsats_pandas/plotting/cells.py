"""The cells of a frame, whatever its columns and index became: by table, measure, period and members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import (
    NOTHING,
    AddressMeasure,
    AddressSpace,
    Cells,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
    check_sums,
    merge_registries,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.matching import did_you_mean, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = [
    "Codes",
    "Flags",
    "Numbers",
    "TableCells",
    "cells_of_frame",
    "cells_of_measure",
    "dimension_place",
    "one_period_type",
]

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TableCells:
    """Cells of one table, taken apart.

    Attributes
    ----------
    space : AddressSpace
    values : float array
        NaN where nothing is shown; 0 for combinations left out.
    high : float array
        The largest number that a hidden or rounded cell can stand for; NaN for others, and where no rule tells.
    status : uint8 array
    measure, period : int array
        Indices into the space's.
    members : int array
        A row for each dimension.
    """

    space: AddressSpace
    values: Numbers
    high: Numbers
    status: NDArray[np.uint8]
    measure: Codes
    period: Codes
    members: Codes

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, where: Any) -> TableCells:
        return TableCells(
            self.space,
            self.values[where],
            self.high[where],
            self.status[where],
            self.measure[where],
            self.period[where],
            self.members[:, where],
        )

    def varying(self) -> list[int]:
        """The dimensions in which the cells differ."""
        return [place for place, codes in enumerate(self.members) if (codes != codes[0]).any()]


@dataclass(frozen=True)
class _Measure:
    """A measure that a frame holds, what it is called there, and the columns that it stands in."""

    table: str
    measure: AddressMeasure
    label: str
    columns: tuple[int, ...]

    def answers(self, name: str) -> bool:
        names = (self.label, self.measure.id, self.measure.name, self.measure.name.rpartition(": ")[2])
        return fold(str(name)) in map(fold, names)


def cells_of_frame(df: pd.DataFrame) -> tuple[TableCells, int]:
    """All cells of a frame of one table, and how many more there are of which the table's cell is not known."""
    arrays = _guarded(df)
    tables = _take_apart(list(arrays.values()))
    unknown = sum(map(_unknown, arrays.values()))
    if not tables:
        _refuse_empty(df, arrays)
    if len(tables) > 1:
        names = ", ".join(cells.space.table for cells in tables)
        raise QueryError(f"The frame holds cells of {len(tables)} tables ({names}); filter it to one.")
    return tables[0], unknown


def cells_of_measure(df: pd.DataFrame, name: str | None) -> tuple[TableCells, AddressMeasure, str]:
    """The cells of one measure, and what the frame calls it."""
    arguments.optional(arguments.label, "measure", name)
    arrays = _guarded(df)
    found = _measures(df, arrays)
    columns = {place for place in arrays if name is not None and df.columns[place] == name}
    if not found or (columns and not any(columns & set(measure.columns) for measure in found)):
        _refuse_empty(
            df, {place: array for place, array in arrays.items() if place in columns or not columns}
        )
    if columns:
        candidates = [measure for measure in found if columns & set(measure.columns)]
    else:
        candidates = [measure for measure in found if name is None or measure.answers(name)]
    if len(candidates) != 1:
        raise QueryError(_which_measure(name, candidates, found))
    chosen = candidates[0]
    places = sorted(columns or chosen.columns)
    if count := sum(_unknown(arrays[place]) for place in places):
        _refuse_unknown(chosen.label, count)
    tables = _take_apart([arrays[place] for place in places])
    cells = next(cells for cells in tables if cells.space.table == chosen.table)
    code = cells.space.measure_code(chosen.measure.id)
    return cells[cells.measure == code], cells.space.measures[code], chosen.label


def dimension_place(space: AddressSpace, name: str) -> int:
    """The dimension that a name, an id, the id of a hierarchy or the name of a level, which no other has, stands for."""
    for place, dimension in enumerate(space.dimensions):
        hierarchies = [level.hierarchy for level in dimension.levels if level.hierarchy]
        if fold(str(name)) in map(fold, (dimension.name, dimension.id, *hierarchies)):
            return place
    of_level = [
        place
        for place, dimension in enumerate(space.dimensions)
        if fold(str(name)) in {fold(level.name) for level in dimension.levels[1:]}
    ]
    if len(of_level) == 1:
        return of_level[0]
    names = [dimension.name for dimension in space.dimensions]
    raise QueryError(
        f"by={name!r}: table {space.table} has no such dimension; it has {', '.join(map(repr, names)) or 'none'}."
        f"{did_you_mean(str(name), names)}"
    )


def one_period_type(cells: TableCells) -> str:
    """The type of all periods."""
    types: list[str] = sorted({cells.space.periods[code][0] for code in np.unique(cells.period)})
    if len(types) > 1:
        raise QueryError(
            f"The frame holds periods of {len(types)} types ({', '.join(types)}), which do not stand on one axis;"
            " filter it to one."
        )
    return types[0]


def _guarded(df: pd.DataFrame) -> dict[int, DiscretionisedArray]:
    arrays: dict[int, Any] = {
        place: df.iloc[:, place].array
        for place, dtype in enumerate(df.dtypes)
        if isinstance(dtype, DiscretionisedDtype)
    }
    if not arrays:
        raise ProvenanceError(
            "The frame has no guarded column, so nothing is known of hidden cells. Draw what read_jobindsats() or"
            " read_parquet() returned; plain numbers are drawn by df.plot()."
        )
    return arrays


def _take_apart(arrays: Sequence[DiscretionisedArray]) -> list[TableCells]:
    registry, recoders = merge_registries([array.registry for array in arrays])
    addresses = np.concatenate(
        [
            array.addresses if recode is None else recode(array.addresses)
            for array, recode in zip(arrays, recoders, strict=True)
        ]
    )
    status = np.concatenate([array.status for array in arrays])
    values = np.concatenate([np.where(array.visible, array.numbers, np.nan) for array in arrays])
    values[status == CellStatus.ABSENT] = 0
    high = _largest(values, status, addresses, registry)
    return [
        TableCells(
            found.space,
            values[found.where],
            high[found.where],
            status[found.where],
            found.measure,
            found.period,
            np.array(found.members, dtype=np.int64).reshape(len(found.space.dimensions), len(found.where)),
        )
        for found in registry.decode(addresses)
    ]


def _largest(values: Numbers, status: NDArray[np.uint8], addresses: Codes, registry: Registry) -> Numbers:
    high = np.where(status == CellStatus.ROUNDED, values, np.nan)
    hidden = np.flatnonzero(status == CellStatus.DISCRETIONISED)
    if len(hidden):
        # Each cell as a sum of its own: what the rule says of it then stands in one place.
        cells = Cells(np.zeros(len(hidden)), status[hidden], addresses[hidden], registry)
        bounds = check_sums(cells, np.arange(len(hidden)), len(hidden)).bounds()
        high[hidden] = np.where(np.isfinite(bounds.high), bounds.high, np.nan)
    return high


def _unknown(array: DiscretionisedArray) -> int:
    """How many cells hold something, but have no place in any table."""
    zero = np.isin(array.status, [CellStatus.ABSENT, CellStatus.HOLE]) | (array.addresses == NOTHING)
    return int(np.count_nonzero((array.addresses < 0) & ~zero))


def _refuse_empty(df: pd.DataFrame, arrays: dict[int, DiscretionisedArray]) -> NoReturn:
    if count := sum(map(_unknown, arrays.values())):
        _refuse_unknown(", ".join(str(df.columns[place]) for place in arrays), count)
    raise QueryError("The frame has no cells, so there is nothing to draw.")


def _refuse_unknown(name: str, count: int) -> NoReturn:
    raise ProvenanceError(
        f"{name!r}: of {count} cells it is not known which cells of a table they are (a mean, a sum over periods, numbers"
        " put in by hand), so they have no place in the picture. Draw the column that was read; what was computed is"
        " drawn by df.plot()."
    )


def _measures(df: pd.DataFrame, arrays: dict[int, DiscretionisedArray]) -> list[_Measure]:
    columns: dict[tuple[str, str], list[int]] = {}
    known: dict[tuple[str, str], AddressMeasure] = {}
    alone = set()
    for place, array in arrays.items():
        held = array.registry.measures(array.addresses)
        if len(held) == 1:
            alone.add(place)
        for space, measure in held:
            known.setdefault((space.table, measure.id), measure)
            columns.setdefault((space.table, measure.id), []).append(place)
    found = []
    for key, places in columns.items():
        label = df.columns[places[0]]
        # A column of several measures, or one of several columns of a measure, does not name it.
        named = len(places) == 1 and places[0] in alone and isinstance(label, str)
        found.append(_Measure(key[0], known[key], label if named else known[key].name, tuple(places)))
    return found


def _which_measure(name: str | None, candidates: list[_Measure], found: list[_Measure]) -> str:
    several = len({measure.table for measure in found}) > 1
    listed = ", ".join(repr(m.label) + (f" (of {m.table})" if several else "") for m in candidates or found)
    if not candidates:
        near = did_you_mean(str(name), [measure.label for measure in found])
        return f"measure={name!r}: the frame has no such measure; it has {listed}.{near}"
    if name is None:
        return f"The frame holds {len(found)} measures, and a picture shows one; name it with measure=: {listed}."
    return f"measure={name!r} stands for {len(candidates)} measures here: {listed}. Name one, or filter the frame first."
