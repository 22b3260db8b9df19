"""The cells of a frame: which columns hold them, what they belong to, how they are grouped.

The cells themselves know, so it holds after ``pivot``, ``merge``, ``set_index`` or ``concat`` too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import (
    Cells,
    Decoded,
    DiscretionisedArray,
    DiscretionisedDtype,
    adds_nothing,
    merge_registries,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.matching import did_you_mean, fold
from jobindsats_pandas.totals.lines import asked, read_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import AddressMeasure, AddressSpace

__all__ = [
    "MEASURE",
    "STATUS",
    "VALUE",
    "Axis",
    "Key",
    "MeasureCells",
    "axes_of",
    "by_measure",
    "decode_columns",
    "find_measure",
    "guarded_columns",
    "is_long",
    "key_of",
    "part_key",
    "spaces_of",
]

#: Columns of the long layout.
MEASURE, VALUE, STATUS = "measure", "value", "status"


def guarded_columns(frame: pd.DataFrame) -> list[tuple[int, DiscretionisedArray]]:
    """The discretionised columns: position and array."""
    return [
        (place, frame.iloc[:, place].array)
        for place, dtype in enumerate(frame.dtypes)
        if isinstance(dtype, DiscretionisedDtype)
    ]


def decode_columns(arrays: Iterable[DiscretionisedArray]) -> Iterator[list[Decoded]]:
    """Each array's cells, taken apart; columns that differ by the measure alone are taken apart once."""
    first: DiscretionisedArray | None = None
    known: list[Decoded] = []
    for array in arrays:
        if first is not None and len(known) == 1 and array.registry is first.registry:
            shift = array.addresses - first.addresses
            space = known[0].space
            if len(known[0].where) == len(array) and (shift == shift[0]).all():
                steps, rest = divmod(int(shift[0]), space.per_measure)
                if rest == 0:
                    yield [replace(known[0], measure=known[0].measure + steps)]
                    continue
        first, known = array, array.registry.decode(array.addresses)
        yield known


def spaces_of(frame: pd.DataFrame) -> list[AddressSpace]:
    """The tables that the frame's cells belong to."""
    found: dict[str, AddressSpace] = {}
    for cells in decode_columns(array for _, array in guarded_columns(frame)):
        found |= {one.space.table: one.space for one in cells}
    if not found:
        raise ProvenanceError(
            "None of the frame's cells knows which table, period and members it belongs to: it is empty, or was"
            f" computed or built by hand. {bring_back(frame)}"
        )
    return list(found.values())


def bring_back(frame: pd.DataFrame) -> str:
    """The call that brings back what was lost."""
    attrs = frame.attrs.get("jobindsats")
    if isinstance(attrs, dict) and isinstance(attrs.get("table"), str):
        return f"Read it again: {read_line(asked(attrs))}"
    return "Read it again with ji.read_jobindsats(table, …), or ji.read_parquet(path) of a file that was written before."


@dataclass(frozen=True)
class Axis:
    """A dimension of one table: its place, and the hierarchy if one was named."""

    place: int
    hierarchy: str | None


def axes_of(frame: pd.DataFrame, spaces: Sequence[AddressSpace], name: str) -> dict[str, Axis]:
    """Find a dimension by column name, id, or the id of one of its hierarchies, in every table that has it."""
    columns = (frame.attrs.get("jobindsats") or {}).get("columns", {}).get("dimensions", {})
    wanted = columns[name][0] if name in columns else str(name)
    found = {}
    for space in spaces:
        for place, dimension in enumerate(space.dimensions):
            if name in {known.hierarchy for known in dimension.levels[1:]}:
                found[space.table] = Axis(place, name)
                break
            if fold(wanted) in {fold(dimension.id), fold(dimension.name)}:
                found[space.table] = Axis(place, None)
                break
    if not found:
        # The columns bear the dimension's name; who asked by="Kommune" may know it by the level's.
        for space in spaces:
            levels = [
                place
                for place, dimension in enumerate(space.dimensions)
                if fold(wanted) in {fold(known.name) for known in dimension.levels[1:]}
            ]
            if len(levels) == 1:
                found[space.table] = Axis(levels[0], None)
    if not found:
        dimensions = [dimension for space in spaces for dimension in space.dimensions]
        hierarchies = {d.id: list(dict.fromkeys(k.hierarchy for k in d.levels[1:])) for d in dimensions}
        known = [text for d in dimensions for text in (d.name, d.id, *hierarchies[d.id])]
        listed = "; ".join(f"{d.name!r} ({', '.join([d.id, *hierarchies[d.id]])})" for d in dimensions)
        raise QueryError(
            f"The frame's cells have no dimension {name!r}.{did_you_mean(wanted, known)} They have: {listed or 'none'}."
        )
    return found


def find_measure(frame: pd.DataFrame, measure: str) -> set[tuple[str, str]]:
    """The (table, measure id) that a column label, a name or an id stands for."""
    arguments.label("measure", measure)
    held = {
        place: [(space.table, m) for space, m in array.registry.measures(array.addresses)]
        for place, array in guarded_columns(frame)
    }
    by_label = {
        (table, m.id)
        for place, found in held.items()
        if frame.columns[place] == measure
        for table, m in found
    }
    if by_label:
        return by_label
    everything = [pair for found in held.values() for pair in found]
    by_name = {(table, m.id) for table, m in everything if fold(str(measure)) in {fold(m.name), fold(m.id)}}
    if by_name:
        return by_name
    names = list(dict.fromkeys(m.name for _, m in everything))
    raise QueryError(
        f"The frame has no measure {measure!r}.{did_you_mean(str(measure), names)} It has: {'; '.join(names) or 'none'}."
    )


def is_long(frame: pd.DataFrame) -> bool:
    """Whether the frame is of the long layout: one discretionised column `value` beside `measure`."""
    guarded = [frame.columns[place] for place, _ in guarded_columns(frame)]
    return guarded == [VALUE] and list(frame.columns).count(MEASURE) == 1


@dataclass(frozen=True, eq=False)
class MeasureCells:
    """The cells of one measure, wherever they stand in the frame."""

    name: str
    measure: AddressMeasure | None
    cells: Cells
    rows: NDArray[np.intp]


def by_measure(frame: pd.DataFrame, measure: str | None = None) -> list[MeasureCells]:
    """Sort a frame's cells by measure, in the order in which the measures first come."""
    wanted = None if measure is None else _find_measure_or_column(frame, measure)
    pieces: dict[Hashable, list[MeasureCells]] = {}
    for place, array in guarded_columns(frame):
        label = frame.columns[place]
        for key, piece in _pieces(array, label):
            if wanted is None or key in wanted or label in wanted:
                pieces.setdefault(key, []).append(piece)
    return [found[0] if len(found) == 1 else _joined(found) for found in pieces.values()]


def _find_measure_or_column(frame: pd.DataFrame, measure: str) -> set[Hashable]:
    arguments.label("measure", measure)
    if any(frame.columns[place] == measure for place, _ in guarded_columns(frame)):
        return {measure}
    return set(find_measure(frame, measure))


def _pieces(array: DiscretionisedArray, label: Hashable) -> Iterator[tuple[Hashable, MeasureCells]]:
    found = array.registry.measures(array.addresses)
    rows = np.arange(len(array))
    nowhere = array.addresses < 0
    if len(found) <= 1:
        key: Hashable = (found[0][0].table, found[0][1].id) if found else ("", str(label))
        name, cells = found[0][1].name if found else str(label), array.cells
        if nowhere.any():
            # What pandas made where nothing was, by concat, merge or unstack, is no cell.
            rows = rows[~(nowhere & adds_nothing(array.cells))]
            cells = cells[rows]
        yield key, MeasureCells(name, found[0][1] if found else None, cells, rows)
        return
    special = np.flatnonzero(nowhere & ~adds_nothing(array.cells))
    if len(special):
        yield ("", str(label)), MeasureCells(str(label), None, array.cells[special], rows[special])
    for decoded in array.registry.decode(array.addresses):
        for code in np.unique(decoded.measure):
            where = decoded.where[decoded.measure == code]
            one = decoded.space.measures[code]
            yield (decoded.space.table, one.id), MeasureCells(one.name, one, array.cells[where], rows[where])


def _joined(pieces: Sequence[MeasureCells]) -> MeasureCells:
    registry, recoders = merge_registries([piece.cells.registry for piece in pieces])
    cells = Cells(
        np.concatenate([piece.cells.values for piece in pieces]),
        np.concatenate([piece.cells.status for piece in pieces]),
        np.concatenate(
            [
                piece.cells.addresses if recode is None else recode(piece.cells.addresses)
                for piece, recode in zip(pieces, recoders, strict=True)
            ]
        ),
        registry,
        sum(piece.cells.dropped for piece in pieces),
    )
    return MeasureCells(
        pieces[0].name, pieces[0].measure, cells, np.concatenate([piece.rows for piece in pieces])
    )


@dataclass(frozen=True, eq=False)
class Key:
    """What cells are grouped by: a code for each cell, and what the codes stand for; -1 stands for nothing."""

    name: str
    codes: NDArray[np.integer]
    labels: pd.Index


def key_of(frame: pd.DataFrame, piece: MeasureCells, name: str) -> Key:
    """Group by a column, a level of the index, or else by what the cells themselves know."""
    values: Any = None
    if name in frame.index.names:
        values = frame.index.get_level_values(name)
    elif list(frame.columns).count(name) == 1 and not isinstance(frame.dtypes[name], DiscretionisedDtype):
        values = frame[name]
    if values is None:
        return part_key(frame, piece, name)
    if isinstance(values.dtype, pd.CategoricalDtype):
        categorical = pd.Categorical(values)
        labels = pd.CategoricalIndex(categorical.categories, dtype=values.dtype)
        return Key(name, categorical.codes[piece.rows], labels)
    codes, uniques = pd.factorize(values, sort=True)
    return Key(name, codes[piece.rows], pd.Index(uniques))


def _axes_anywhere(frame: pd.DataFrame, spaces: Sequence[AddressSpace], name: str) -> dict[str, Axis]:
    """Find a dimension in some tables, or else in any table of the frame: then these cells are of no member."""
    try:
        return axes_of(frame, spaces, name)
    except QueryError:
        return axes_of(frame, spaces_of(frame), name)


def part_key(frame: pd.DataFrame, piece: MeasureCells, name: str, *, levels: bool = False) -> Key:
    """Group by the period, or by the members of a dimension or their levels, as the cells know them."""
    decoded = piece.cells.registry.decode(piece.cells.addresses)
    asked = (frame.attrs.get("jobindsats") or {}).get("columns", {}).get("period", "period")
    is_period = fold(str(name)) in {"period", "periode", fold(asked)}
    axes = {} if is_period else _axes_anywhere(frame, [one.space for one in decoded], name)
    codes = np.full(len(piece.cells), -1)
    names: list[str] = []
    for one in decoded:
        if is_period:
            digits: NDArray[np.integer] = one.period
            here = [period for _, period in one.space.periods]
        elif one.space.table in axes:
            place = axes[one.space.table].place
            dimension = one.space.dimensions[place]
            digits = one.members[place]
            if levels:
                digits = dimension.level_of[digits]
                here = ["total", *(known.name for known in dimension.levels[1:])]
            else:
                here = [member.name for member in dimension.members]
        else:
            continue
        codes[one.where] = digits + len(names)
        names += here
    merged, uniques = pd.factorize(np.array(names, dtype=object))
    return Key(name, np.append(merged, -1)[codes], pd.Index(uniques, dtype="str"))
